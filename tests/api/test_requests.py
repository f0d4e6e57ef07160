"""What surrounds every request."""

import io

import pytest

from tests.api.pictures import encoded

EVERYWHERE = ["/healthz", "/v1/models", "/v1/jobs/job_x", "/nothing/here", "/openapi.json", "/docs"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_an_id(client, path):
    first, second = (client.get(path).headers["X-Request-ID"] for _ in range(2))
    assert first != second
    assert first.startswith("req_")


def test_a_sane_id_of_the_caller_is_kept(client):
    answer = client.get("/healthz", headers={"X-Request-ID": "trace-1:2.3_4"})
    assert answer.headers["X-Request-ID"] == "trace-1:2.3_4"


@pytest.mark.parametrize("wild", ["", "a b", "x" * 129, "é", "<script>", "-x", 'a"b'])
def test_any_other_is_replaced(client, wild):
    answer = client.get("/healthz", environ_overrides={"HTTP_X_REQUEST_ID": wild})
    assert answer.headers["X-Request-ID"].startswith("req_")


def test_the_id_is_recorded_with_the_job(client, jobs):
    parts = {"image": (io.BytesIO(encoded()), "cat.png")}
    job = client.post("/v1/jobs", data=parts, headers={"X-Request-ID": "mine"}).json
    assert jobs.get(job["id"]).request_id == "mine"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing/here", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("DELETE", "/v1/jobs", 405, "method_not_allowed"),
        ("POST", "/v1/jobs", 415, "unsupported_media_type"),
    ],
)
def test_every_refusal_is_a_problem_document(client, method, path, status, code):
    answer = client.open(path, method=method)
    assert answer.content_type == "application/problem+json"
    told = {name: answer.json[name] for name in ("type", "status", "instance", "code")}
    assert told == {"type": f"urn:cutroom:problem:{code}", "status": status, "instance": path, "code": code}
    assert answer.json["title"]
    assert answer.json["detail"]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/uploads", "/v1/batches"])
def test_a_packed_body_is_not_unpacked(client, path):
    answer = client.post(path, json={}, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_body_that_says_it_is_not_packed(client):
    answer = client.post("/v1/jobs", json={}, headers={"Content-Encoding": "identity"})
    assert answer.json["code"] == "invalid_spec"


def test_a_wrong_method_is_told_the_right_ones(client):
    assert "GET" in client.delete("/healthz").headers["Allow"]
