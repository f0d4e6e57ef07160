"""Signed URLs over a real socket: good for one key, one method, and a while."""

import io
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from shared.storage.signing import UrlSigner
from tests.api.conftest import serving

KEY = "t/local/job_1/image-0123456789abcdef.png"
OTHER = "t/local/job_2/image-0123456789abcdef.png"
TYPE = "image/png"
BODY = b"\x89PNG result"


@pytest.fixture
def site(deps, objects):
    for key in (KEY, OTHER):
        objects.put(key, io.BytesIO(BODY), content_type=TYPE)
    with serving(deps) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def signer(site, settings):
    return UrlSigner(site, settings.effective_signing_secret)


@pytest.fixture
def readable(signer):
    return signer.get(KEY, expires_in=timedelta(minutes=1), filename="cat.png")


@pytest.fixture
def writable(signer):
    return signer.put(KEY, expires_in=timedelta(minutes=1), content_type=TYPE, content_length=len(BODY))


def refused(response):
    return (response.status_code, response.json()["code"]) == (403, "signature_refused")


def test_as_it_was_made_it_works(readable, writable):
    assert httpx.get(readable).content == BODY
    assert httpx.put(writable.url, headers=writable.headers, content=BODY).status_code == 204


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("/job_1/", "/job_2/"), ("cat.png", "cat.html"), ("expires=", "expires=9"), ("expires=", "expires=-"),
        ("signature=", "signature=0"), ("signature=", "s="), ("signature=", "signature=é"), ("&filename=cat.png", ""),
    ],
)  # fmt: skip
def test_altered_it_does_not(readable, part, value):
    assert refused(httpx.get(readable.replace(part, value)))


def test_nor_with_a_second_value_behind_the_first(readable):
    assert (
        httpx.get(f"{readable}&filename=b.html")
        .headers["Content-Disposition"]
        .startswith('attachment; filename="cat.png"')
    )


@pytest.mark.parametrize(
    "key", ["../../signing-secret", "..%2f..%2fsigning-secret", OTHER, f"{KEY}%00", f"{KEY}/"]
)
def test_nor_for_another_key(site, readable, key):
    response = httpx.get(f"{site}/v1/files/{key}?{urlsplit(readable).query}")
    assert response.status_code in {403, 404}


def test_nor_for_another_method(readable, writable):
    assert refused(httpx.put(readable, content=BODY, headers={"Content-Type": TYPE}))
    assert refused(httpx.get(writable.url))
    assert httpx.delete(readable).status_code == 405
    assert httpx.post(writable.url, content=BODY).status_code == 405


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "text/html"}, BODY),
        ({"Content-Type": TYPE}, BODY + b"x"),
        ({"Content-Type": TYPE}, b"x"),
    ],
)
def test_nor_for_another_body(writable, headers, body):
    assert refused(httpx.put(writable.url, headers=headers, content=body))


def test_nor_once_it_has_expired(signer):
    url = signer.get(KEY, expires_in=timedelta(seconds=-1), filename="cat.png")
    assert refused(httpx.get(url))


def test_nor_signed_with_another_secret(site, settings):
    forged = UrlSigner(site, settings.effective_signing_secret + "x")
    assert refused(httpx.get(forged.get(KEY, expires_in=timedelta(minutes=1), filename="cat.png")))


def test_what_is_served_never_runs(readable):
    headers = httpx.get(readable).headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Content-Type"] == TYPE
