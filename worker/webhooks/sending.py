"""One POST to somebody else's server: guarded, bounded in bytes and in time, never following a redirect."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from requests import RequestException, Response
from requests.exceptions import SSLError, Timeout
from requests_hardened import HTTPSession
from urllib3.exceptions import HTTPError

from shared.errors import UrlNotAllowed
from shared.urlguard import UrlRules, check_url, guarded_session

READ_BYTES = 1024
"""How much of an answer is read, and kept; the rest of it is never received."""


@dataclass(slots=True)
class Answer:
    """What came back."""

    status_code: int | None = None
    latency_ms: int = 0
    text: str = ""
    retry_after_seconds: float = 0.0
    error: str = ""
    """Why there was no answer."""

    @property
    def is_success(self) -> bool:
        """2xx and nothing else: a redirect is a failure."""
        return self.status_code is not None and 200 <= self.status_code < 300


def post(url: str, body: str, headers: Mapping[str, str], rules: UrlRules, total_seconds: float) -> Answer:
    """Post the body; whatever goes wrong is said in the answer."""
    answer = Answer()
    started = time.monotonic()
    try:
        with guarded_session(rules, total_seconds=total_seconds) as session:
            check_url(url, rules)
            _exchange(session, url, body, headers, answer)
    except UrlNotAllowed as error:
        answer.error = f"not allowed: {error.detail}"
    except (RequestException, HTTPError) as error:
        # Once there was a status, the rest of the answer does not matter.
        answer.error = "" if answer.status_code is not None else _reason(error)
    answer.latency_ms = answer.latency_ms or round((time.monotonic() - started) * 1000)
    return answer


def _exchange(session: HTTPSession, url: str, body: str, headers: Mapping[str, str], answer: Answer) -> None:
    started = time.monotonic()
    all_headers = {**headers, "Content-Type": "application/json", "Accept-Encoding": "identity"}
    with session.post(url, data=body.encode(), headers=all_headers, stream=True) as response:
        answer.status_code = response.status_code
        answer.latency_ms = max(round((time.monotonic() - started) * 1000), 1)
        answer.retry_after_seconds = _retry_after(response)
        answer.text = response.raw.read(READ_BYTES, decode_content=False).decode(errors="replace")


def _retry_after(response: Response) -> float:
    """Seconds that the answer asks us to wait; 0 where it does not."""
    said = response.headers.get("Retry-After", "")
    if said.isdecimal():
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0


def _reason(error: Exception) -> str:
    """In our words: theirs may hold addresses."""
    if isinstance(error, SSLError):
        return "the certificate is not trusted"
    if isinstance(error, Timeout):
        return "no answer in time"
    return "the connection failed or was cut off"
