"""Download a picture for somebody else: guarded, bounded in bytes and in time, hashed on the way."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urljoin

from requests import RequestException, Response
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import SSLError, Timeout
from requests_hardened import HTTPSession
from urllib3.exceptions import HTTPError

from shared.errors import DownloadFailed, SourceUnreachable
from shared.urlguard import UrlRules, check_url, guarded_session

MAX_REDIRECTS = 5
CHUNK_BYTES = 64 * 1024

_REDIRECTS = {301, 302, 303, 307, 308}
# "Try again later", said by the server itself.
_LATER = {408, 425, 429}
_ASKED = {"Accept": "image/*, video/*;q=0.9, */*;q=0.1", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """How much a download may take."""

    max_bytes: int
    total_seconds: float
    """From the first connection to the last byte, redirects included."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What was written."""

    bytes: int
    sha256: str
    content_type: str
    """What the server called it: a claim."""


def download(url: str, into: BinaryIO, rules: UrlRules, limits: DownloadLimits) -> Downloaded:
    """Write the body behind `url` to `into`. On an error, what was written so far is worthless.

    Raises UrlNotAllowed for an address the rules refuse, here or behind a redirect; DownloadFailed for an
    answer that will not change (4xx, too large, too many redirects); SourceUnreachable for one that may.
    """
    with (
        _translated(),
        guarded_session(rules, total_seconds=limits.total_seconds) as session,
        _answer(session, url, rules) as response,
    ):
        _check_size(response, limits.max_bytes)
        return _receive(response, into, limits.max_bytes)


@contextmanager
def _answer(session: HTTPSession, url: str, rules: UrlRules) -> Iterator[Response]:
    """The first response that is no redirect, with its body unread."""
    for _ in range(MAX_REDIRECTS + 1):
        check_url(url, rules)
        with session.get(url, stream=True, headers=_ASKED) as response:
            if response.status_code not in _REDIRECTS:
                _check_status(response)
                yield response
                return
            url = urljoin(url, _location(response))
    raise DownloadFailed(f"more than {MAX_REDIRECTS} redirects")


def _location(response: Response) -> str:
    location = response.headers.get("Location")
    if not location:
        raise DownloadFailed("a redirect without an address")
    return location


def _check_status(response: Response) -> None:
    status = response.status_code
    if status >= 500 or status in _LATER:
        raise SourceUnreachable(f"the server answered {status}")
    if status != 200:
        raise DownloadFailed(f"the server answered {status}")
    # We asked for none; unpacking one would undo the limit on bytes.
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DownloadFailed("the server sent a compressed body unasked")


def _check_size(response: Response, max_bytes: int) -> None:
    """What the server says; `_receive` counts what it sends."""
    said = response.headers.get("Content-Length", "")
    if said.isdecimal() and int(said) > max_bytes:
        raise _too_large(max_bytes)


def _receive(response: Response, into: BinaryIO, max_bytes: int) -> Downloaded:
    digest, count = hashlib.sha256(), 0
    for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
        count += len(chunk)
        if count > max_bytes:
            raise _too_large(max_bytes)
        digest.update(chunk)
        into.write(chunk)
    return Downloaded(count, digest.hexdigest(), response.headers.get("Content-Type", ""))


def _too_large(max_bytes: int) -> DownloadFailed:
    return DownloadFailed(f"the body has more than {max_bytes} bytes")


@contextmanager
def _translated() -> Iterator[None]:
    """Foreign errors as ours; none of their text, which may hold addresses."""
    try:
        yield
    except SSLError as error:
        raise DownloadFailed("the server's certificate is not trusted") from error
    except Timeout as error:
        raise SourceUnreachable("the server took too long") from error
    except (NoConnection, HTTPError) as error:
        raise SourceUnreachable("the connection failed or was cut off") from error
    except RequestException as error:
        raise DownloadFailed("the request could not be made") from error
