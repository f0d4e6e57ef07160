from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.errors import SignatureRefused
from shared.storage.signing import ROUTE, FileRequest, UrlSigner, verify

SECRET = "made-up"
SIGNER = UrlSigner("http://127.0.0.1:8000", SECRET)
KEY = "t/local/job_1/input"
MINUTE = timedelta(minutes=1)


def asked(method, url, **headers) -> FileRequest:
    parts = urlsplit(url)
    return FileRequest(method, parts.path.removeprefix(ROUTE), dict(parse_qsl(parts.query)), **headers)


def signed_get() -> FileRequest:
    return asked("GET", SIGNER.get(KEY, expires_in=MINUTE, filename="é & ?.png"))


def signed_put() -> FileRequest:
    made = SIGNER.put(KEY, expires_in=MINUTE, content_type="image/png", content_length=5)
    return asked("PUT", made.url, content_type="image/png", content_length=5)


def with_query(request, **changed) -> FileRequest:
    return replace(request, query={**request.query, **changed})


def test_a_signed_get_grants_what_was_signed():
    grant = verify(signed_get(), SECRET)
    assert (grant.method, grant.key, grant.filename) == ("GET", KEY, "é & _.png")


def test_a_signed_put_grants_what_was_signed():
    grant = verify(signed_put(), SECRET)
    assert (grant.method, grant.key, grant.content_type, grant.content_length) == ("PUT", KEY, "image/png", 5)


@pytest.mark.parametrize(
    "request_",
    [
        replace(signed_get(), key="t/local/job_2/input"),
        replace(signed_get(), method="PUT", content_length=5),
        replace(signed_get(), method="DELETE"),
        replace(signed_get(), method="HEAD"),
        with_query(signed_get(), filename="x.exe"),
        with_query(signed_get(), expires="999999999999"),
        with_query(signed_get(), expires="-1"),
        with_query(signed_get(), expires="1e9"),
        with_query(signed_get(), expires="٣"),
        with_query(signed_get(), signature=""),
        with_query(signed_get(), signature="é\ud800"),
        with_query(signed_get(), signature="0" * 64),
        replace(signed_get(), query={}),
        replace(signed_put(), method="GET"),
        replace(signed_put(), content_type="text/html"),
        replace(signed_put(), content_type=""),
        replace(signed_put(), content_length=6),
        replace(signed_put(), content_length=None),
    ],
)
def test_anything_altered_is_refused(request_):
    with pytest.raises(SignatureRefused):
        verify(request_, SECRET)


def test_another_secret_is_refused():
    with pytest.raises(SignatureRefused):
        verify(signed_get(), "another")


def test_an_expired_url_is_refused_at_its_second():
    request = signed_get()
    expires_at = int(request.query["expires"])
    assert verify(request, SECRET, now=expires_at - 0.1).expires_at == expires_at
    with pytest.raises(SignatureRefused, match="expired"):
        verify(request, SECRET, now=expires_at)


def test_nothing_is_signed_without_a_secret():
    with pytest.raises(ValueError, match="secret is empty"):
        UrlSigner("http://127.0.0.1:8000", "").get(KEY, expires_in=MINUTE, filename="x")
