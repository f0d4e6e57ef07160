"""What browsers may do with our answers: nothing, unless the operator says so."""

import io

import pytest

from api.app import create_app
from tests.api.pictures import encoded

EVERYWHERE = [
    "/healthz",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/v1/models",
    "/v1/jobs",
    "/v1/jobs/x",
    "/nowhere",
]
EVIL = {"Origin": "https://evil.example"}


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_is_guarded(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Set-Cookie" not in headers


def test_an_answer_without_changes_leaves_the_guards_of_the_one_before(client):
    path = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "cat.png")}).headers["Location"]
    tag = client.get(path).headers["ETag"]
    unchanged = client.get(path, headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    assert set(unchanged.headers.keys()) == {"ETag", "Cache-Control", "Retry-After", "X-Request-ID"}


@pytest.mark.parametrize("path", EVERYWHERE)
def test_no_page_of_another_site_may_read_an_answer(client, path):
    for response in (client.get(path, headers=EVIL), client.options(path, headers=EVIL)):
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example", "*", ""],
)
def test_only_the_sites_that_are_set_may(deps, origin):
    settings = deps.settings.model_copy(update={"cors_origins": ("https://shop.example",)})
    client = create_app(settings, deps).test_client()
    assert "Access-Control-Allow-Origin" not in client.get("/healthz", headers={"Origin": origin}).headers


def test_and_never_with_credentials(deps):
    settings = deps.settings.model_copy(update={"cors_origins": ("https://shop.example",)})
    client = create_app(settings, deps).test_client()
    headers = client.get("/healthz", headers={"Origin": "https://shop.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "text/html", "image/png", ""]
)
def test_a_body_that_a_form_of_another_site_could_send_is_no_job(client, kind):
    response = client.post("/v1/jobs", data=b'{"input": {"url": "https://example.com/a"}}', content_type=kind)
    assert (response.status_code, response.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/javascript"])
def test_what_a_part_says_it_is_is_not_believed(client, jobs, kind):
    response = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "a.html", kind)})
    assert response.json["input"]["content_type"] == "image/png"


def test_a_page_that_says_it_is_a_picture_is_refused(client):
    response = client.post("/v1/jobs", data={"image": (io.BytesIO(b"<html>"), "a.png", "image/png")})
    assert response.json["code"] == "unsupported_format"
