"""Uploads: announced, sent straight to storage, used by a job."""

import hashlib
import io
import json
import socket
import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from shared.jobs.job import JobError, Step
from shared.spec.job import Stage
from tests.api.conftest import serving
from tests.api.pictures import encoded

PICTURE = encoded()


@pytest.fixture
def announce(client):
    def announce(**said):
        return client.post("/v1/uploads", json={"content_type": "image/png", "bytes": len(PICTURE)} | said)

    return announce


@pytest.fixture
def put(client):
    """Do what the answer says, with these differences."""

    def put(upload, body=PICTURE, **headers):
        url = urlsplit(upload["url"])
        kind = headers.get("content_type", upload["headers"]["Content-Type"])
        return client.put(f"{url.path}?{url.query}", data=body, content_type=kind)

    return put


def test_an_upload_becomes_a_job(announce, put, client, queue, jobs):
    upload = announce().json
    assert put(upload).status_code == 204
    answer = client.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}})
    assert answer.status_code == 202
    assert queue.rings[0].step.stage is Stage.INGEST
    assert jobs.get(answer.json["id"]).spec.input.upload_id == upload["id"]


def test_the_answer_says_what_to_send(announce):
    answer = announce()
    assert answer.status_code == 201
    assert answer.json["id"].startswith("upl_")
    assert answer.json["method"] == "PUT"
    assert answer.json["headers"] == {"Content-Type": "image/png", "Content-Length": str(len(PICTURE))}
    assert answer.json["expires_at"].endswith("Z")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"bytes": 2_000_001}, "/bytes"), ({"bytes": 0}, "/bytes"), ({"bytes": "x"}, "/bytes"),
        ({"content_type": "image/svg+xml"}, "/content_type"), ({"sha256": "abc"}, "/sha256"), ({"x": 1}, "/x"),
    ],
)  # fmt: skip
def test_what_cannot_be_uploaded(announce, said, field):
    answer = announce(**said)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_a_manifest_may_be_longer_than_a_picture(announce):
    assert announce(content_type="application/x-ndjson", bytes=2_000_001).status_code == 201
    assert announce(content_type="application/x-ndjson", bytes=1_000_000_001).status_code == 422


def test_a_body_that_is_no_json(client):
    assert client.post("/v1/uploads", data="x").status_code == 415


@pytest.mark.parametrize(
    "wrong", [{"body": PICTURE + b"x"}, {"body": PICTURE[:-1]}, {"body": b""}, {"content_type": "image/jpeg"}]
)
def test_any_other_body_is_refused(announce, put, stored_keys, wrong):
    answer = put(announce().json, **wrong)
    assert (answer.status_code, answer.json["code"]) == (403, "signature_refused")
    assert stored_keys() == []


def test_a_url_to_read_does_not_write(client, objects):
    url = urlsplit(objects.presign_get("t/local/x", expires_in=timedelta(minutes=1), filename="a"))
    assert client.put(f"{url.path}?{url.query}", data=b"x", content_type="image/png").status_code == 403


def test_a_body_cut_off_is_refused(deps, announce, stored_keys):
    url = urlsplit(announce().json["url"])
    head = (
        f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        f"Content-Length: {len(PICTURE)}\r\n\r\n"
    )
    with serving(deps) as address, socket.create_connection(address, timeout=5) as connection:
        connection.sendall(head.encode() + PICTURE[:-5])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert b" 422 " in answer
    assert stored_keys() == []


def test_a_chunked_body_is_refused(deps, announce, stored_keys):
    url = urlsplit(announce().json["url"])
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked"
    with serving(deps) as address, socket.create_connection(address, timeout=5) as connection:
        connection.sendall(f"{head}\r\n\r\n1\r\nx\r\n0\r\n\r\n".encode())
        assert b" 403 " in connection.recv(65536)
    assert stored_keys() == []


def test_nothing_uploaded_yet(announce, client):
    answer = client.post("/v1/jobs", json={"input": {"upload_id": announce().json["id"]}})
    assert (answer.status_code, answer.json["code"]) == (422, "upload_incomplete")


def test_an_object_of_another_length(announce, client, objects, deps):
    """As from an S3 server that does not look at what was signed."""
    upload = announce().json
    key = deps.uploads.find(upload["id"]).key
    objects.put(key, io.BytesIO(PICTURE * 2), content_type="image/png")
    answer = client.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}})
    assert answer.json["code"] == "upload_incomplete"


@pytest.mark.parametrize(("sha256", "status"), [(hashlib.sha256(PICTURE).hexdigest(), 202), ("0" * 64, 422)])
def test_an_announced_hash_is_checked(announce, put, client, sha256, status):
    upload = announce(sha256=sha256).json
    put(upload)
    assert client.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}}).status_code == status


@pytest.mark.parametrize("upload_id", ["upl_x", "job_" + "0" * 26])
def test_an_id_that_is_none(client, upload_id):
    assert client.post("/v1/jobs", json={"input": {"upload_id": upload_id}}).status_code == 422


def test_an_unknown_upload(client):
    assert client.post("/v1/jobs", json={"input": {"upload_id": "upl_" + "0" * 26}}).status_code == 404


def test_a_deleted_job_takes_its_upload_with_it(announce, put, client, stored_keys):
    upload = announce().json
    put(upload)
    job_id = client.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}}).json["id"]
    client.delete(f"/v1/jobs/{job_id}")
    assert stored_keys() == []


class TestBackgrounds:
    """An upload that an effect names is looked at as early, and kept as long, as the job's own picture."""

    @pytest.fixture
    def post(self, client):
        def post(upload_id, variant=False, **spec):
            effects = [{"type": "background", "image": {"upload_id": upload_id}}]
            wanted = {"variants": [{"name": "a", "effects": effects}]} if variant else {"effects": effects}
            parts = {"image": (io.BytesIO(PICTURE), "cat.png"), "spec": json.dumps(wanted | spec)}
            return client.post("/v1/jobs", data=parts)

        return post

    @pytest.mark.parametrize("variant", [False, True])
    def test_one_that_is_there(self, announce, put, post, variant):
        upload = announce().json
        put(upload)
        assert post(upload["id"], variant).status_code == 202

    @pytest.mark.parametrize("variant", [False, True])
    def test_one_that_is_unknown(self, post, queue, stored_keys, variant):
        answer = post("upl_" + "0" * 26, variant)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
        assert "upl_000" in answer.json["detail"]
        assert (queue.rings, stored_keys()) == ([], [])

    def test_one_whose_bytes_have_not_come(self, announce, post, queue):
        answer = post(announce().json["id"])
        assert (answer.status_code, answer.json["code"]) == (422, "upload_incomplete")
        assert queue.rings == []

    def test_another_tenant_s(self, announce, put, post, deps):
        upload = announce().json
        put(upload)
        theirs = replace(deps.uploads.find(upload["id"]), tenant="them")
        deps.uploads.add(theirs, time.time() + 60)
        assert post(upload["id"]).status_code == 404

    def test_it_outlives_its_own_time_while_the_job_lives(self, announce, put, post, deps, objects):
        upload = announce().json
        put(upload)
        post(upload["id"], retention=2_000_000)
        assert [one.id for one in deps.uploads.over(time.time() + 1_999_000, 10)] == []
        assert [one.id for one in deps.uploads.over(time.time() + 2_001_000, 10)] == [upload["id"]]


def test_a_job_that_is_tried_again_keeps_its_uploads_anew(announce, put, client, deps, jobs):
    upload = announce().json
    put(upload)
    job_id = client.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}, "retention": 600_000}).json[
        "id"
    ]
    jobs.fail(jobs.claim(Step(job_id, Stage.INGEST)), JobError("x", "X.", "x", "ingest", False))
    deps.uploads.add(deps.uploads.find(upload["id"]), time.time() + 60)
    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 200
    assert deps.uploads.over(time.time() + 599_000, 10) == []
