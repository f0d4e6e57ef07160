"""`Idempotency-Key`: a request that is sent twice is done once, whatever died in between."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, request

from api.callers.tenancy import current_tenant
from api.deps import Deps, current_deps
from shared.errors import InvalidHeader, RequestError
from shared.idempotency.port import Answered, Attempt, StoredAnswer, Taken
from shared.ids import new_id

HEADER = "Idempotency-Key"
REPLAY_HEADER = "Idempotent-Replay"

KEY_PATTERN = r"^[!-~]([ -~]{0,253}[!-~])?$"
"""1 to 255 printable ASCII characters, without spaces at the ends, which HTTP takes away."""

Make = Callable[[str], StoredAnswer]
"""Makes the thing of this id, if it is not there yet, and says what to answer."""


@dataclass(frozen=True, slots=True)
class OnceAnswered:
    """The answer to a request that is done once."""

    answer: StoredAnswer
    resource_id: str
    is_replay: bool

    def response(self) -> Response:
        """As it goes out."""
        response = Response(self.answer.body, self.answer.status, dict(self.answer.headers))
        response.content_type = "application/json"
        if self.is_replay:
            response.headers[REPLAY_HEADER] = "true"
        return response


def once(prefix: str, payload: Iterable[bytes], make: Make) -> OnceAnswered:
    """Let `make` make a thing with an id of this prefix; or give what it answered to this key before.

    `payload` is read only where there is a key: with method and path it is what makes the request the same.
    Raises InvalidHeader, IdempotencyKeyReused, IdempotencyInProgress, and what `make` raises.
    """
    key, new = request.headers.get(HEADER), new_id(prefix)
    if key is None:
        return OnceAnswered(make(new), new, is_replay=False)
    if not re.match(KEY_PATTERN, key):
        raise InvalidHeader(f"{HEADER}: 1 to 255 printable ASCII characters")
    deps = current_deps()
    taken = deps.answers.take(Attempt(current_tenant(), key, _fingerprint(payload), new))
    if isinstance(taken, Answered):
        return OnceAnswered(taken.answer, taken.resource_id, is_replay=True)
    return OnceAnswered(_made(deps, taken, make), taken.attempt.resource_id, is_replay=False)


def _made(deps: Deps, taken: Taken, make: Make) -> StoredAnswer:
    try:
        answer = make(taken.attempt.resource_id)
    except RequestError:
        # Refused, so surely not made, unless an earlier attempt was less lucky in its answer than in its work.
        deps.answers.release(taken, forgets=taken.is_first)
        raise
    except BaseException:
        deps.answers.release(taken, forgets=False)
        raise
    if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        deps.answers.complete(taken, answer)
    return answer


def _fingerprint(payload: Iterable[bytes]) -> str:
    hashed = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    for chunk in payload:
        hashed.update(chunk)
    return hashed.hexdigest()
