"""Signed, expiring URLs for storage that the API serves itself: made here, checked here."""

import hashlib
import hmac
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import timedelta
from urllib.parse import quote, urlencode

from shared.errors import SignatureRefused
from shared.storage.headers import check_content_type, safe_filename
from shared.storage.keys import check_key
from shared.storage.port import SignedRequest

ROUTE = "/v1/files/"

# Signed along, so that a signature made for anything else with the same secret is worth nothing here.
_PURPOSE = "cutroom file URL 1"
_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A request for a stored file as the API received it."""

    method: str
    key: str
    query: Mapping[str, str]
    content_type: str = ""
    """The Content-Type header; matters for PUT."""
    content_length: int | None = None
    """The Content-Length header; None when the client sent none, which no PUT may."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one signature allows."""

    method: str
    key: str
    expires_at: int
    """Unix seconds."""
    filename: str = ""
    """What a GET is saved as; goes through `headers.attachment` before it becomes a header."""
    content_type: str = ""
    content_length: int | None = None


@dataclass(frozen=True, slots=True)
class UrlSigner:
    """Makes the URLs that `verify` accepts."""

    base_url: str
    """How clients reach the API, without a trailing slash."""
    secret: str

    def get(self, key: str, *, expires_in: timedelta, filename: str) -> str:
        """A URL to read `key`."""
        name = safe_filename(filename)
        return self._url(Grant("GET", check_key(key), _expiry(expires_in), filename=name))

    def put(
        self, key: str, *, expires_in: timedelta, content_type: str, content_length: int
    ) -> SignedRequest:
        """A request that writes `key`, with the headers that are part of its signature."""
        kind = check_content_type(content_type)
        if content_length < 0:
            raise ValueError("a content length is not negative")
        grant = Grant("PUT", check_key(key), _expiry(expires_in), "", kind, content_length)
        headers = {"Content-Type": kind, "Content-Length": str(content_length)}
        return SignedRequest("PUT", self._url(grant), headers)

    def _url(self, grant: Grant) -> str:
        query = {"expires": str(grant.expires_at)}
        if grant.filename:
            query["filename"] = grant.filename
        query["signature"] = _signature(grant, self.secret)
        return f"{self.base_url}{ROUTE}{quote(grant.key)}?{urlencode(query)}"


def verify(request: FileRequest, secret: str, *, now: float | None = None) -> Grant:
    """What the request's signature allows, at `now` in unix seconds (by default: now).

    Raises SignatureRefused when anything signed was altered, is missing, or has expired.
    """
    grant = _claimed(request)
    given = request.query.get("signature", "")
    # Bytes, because compare_digest refuses text that is not ASCII, with an error of its own.
    if not hmac.compare_digest(_signature(grant, secret).encode(), given.encode(errors="replace")):
        raise SignatureRefused("the signature does not fit this request")
    if (time.time() if now is None else now) >= grant.expires_at:
        raise SignatureRefused("the URL has expired")
    return grant


def _claimed(request: FileRequest) -> Grant:
    """What the request says it may do; proves nothing."""
    expires = request.query.get("expires", "")
    if not _SECONDS.fullmatch(expires):
        raise SignatureRefused("the URL says no expiry")
    if request.method == "PUT":
        if request.content_length is None:
            raise SignatureRefused("the request says no content length")
        kind, length = request.content_type, request.content_length
        return Grant("PUT", request.key, int(expires), "", kind, length)
    return Grant(request.method, request.key, int(expires), request.query.get("filename", ""))


def _signature(grant: Grant, secret: str) -> str:
    """HMAC-SHA256 over a JSON list: no two grants give the same text."""
    if not secret:
        raise ValueError("the signing secret is empty")
    signed = json.dumps([_PURPOSE, *astuple(grant)])
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def _expiry(expires_in: timedelta) -> int:
    return math.ceil(time.time() + expires_in.total_seconds())
