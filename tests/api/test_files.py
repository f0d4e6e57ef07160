"""Files of file storage under signed URLs."""

import io
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from api.app import create_app

KEY = "t/local/job_1/image-0123456789abcdef.png"
BODY = b"\x89PNG" * 50_000


@pytest.fixture
def path(objects):
    """The signed path of a stored file."""
    objects.put(KEY, io.BytesIO(BODY), content_type="image/png")
    url = urlsplit(objects.presign_get(KEY, expires_in=timedelta(minutes=1), filename="cat.png"))
    return f"{url.path}?{url.query}"


def test_whoever_holds_the_url_gets_the_file_as_a_download(client, path):
    response = client.get(path)
    assert response.data == BODY
    assert response.content_type == "image/png"
    assert response.content_length == len(BODY)
    assert response.headers["Content-Disposition"].startswith('attachment; filename="cat.png"')
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    response.close()


@pytest.mark.parametrize(
    ("old", "new"),
    [("signature=", "signature=0"), ("cat.png", "cat.html"), ("expires=", "expires=9"), ("image-", "matte-")],
)
def test_a_url_that_was_altered_is_refused(client, path, old, new):
    response = client.get(path.replace(old, new))
    assert (response.status_code, response.json["code"]) == (403, "signature_refused")


def test_a_url_without_a_signature_is_refused(client, path):
    assert client.get(path.partition("?")[0]).status_code == 403


def test_a_file_that_is_gone(client, path, objects):
    objects.delete(KEY)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("key", ["../../etc/passwd", "%2e%2e/secret", "a//b", "signing-secret"])
def test_no_key_leads_out(client, key):
    assert client.get(f"/v1/files/{key}?expires=9999999999&signature=00").status_code in {403, 404, 308}


def test_with_other_storage_there_is_nothing_here(deps, path):
    settings = deps.settings.model_copy(update={"storage_url": "s3://bucket"})
    client = create_app(settings, replace(deps, settings=settings)).test_client()
    assert client.get(path).status_code == 404
