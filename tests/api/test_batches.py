"""Batches over HTTP: handed in, followed, fetched, cancelled, tried again."""

import io
import json
import socket
import time
from dataclasses import replace

import pytest

from api.app import create_app
from shared.errors import StorageUnavailable
from shared.jobs.job import JobError
from shared.queue.memory_queue import MemoryJobQueue
from tests.api.working_queue import WorkingQueue
from worker.feeder.feed import Feeder

GOOD = {"input": {"url": "https://example.com/a.png"}}
NDJSON = "application/x-ndjson"


def ndjson(*lines):
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.fixture
def hand_in(client):
    def hand_in(*lines, query="", **headers):
        body = ndjson(*lines) if not lines or isinstance(lines[0], dict) else b"\n".join(lines)
        return client.post(f"/v1/batches{query}", data=body, content_type=NDJSON, headers=headers)

    return hand_in


@pytest.fixture
def feeder(deps):
    """Feeds to a queue that is its own worker."""
    queue = WorkingQueue(deps.jobs)
    return Feeder(deps.batches, deps.lines, deps.jobs, queue, window=100)


def numbered(count):
    return [GOOD | {"custom_id": f"id-{number}"} for number in range(1, count + 1)]


class TestCreate:
    """POST /v1/batches."""

    def test_lines_are_accepted_and_counted(self, hand_in):
        response = hand_in(*numbered(3))
        batch = response.json
        assert response.status_code == 202
        assert response.headers["Location"] == f"/v1/batches/{batch['id']}"
        assert (batch["status"], batch["errors"]) == ("running", [])
        assert batch["counts"] == {
            "total": 3, "queued": 3, "running": 0, "succeeded": 0, "failed": 0, "canceled": 0,
        }  # fmt: skip

    def test_a_bad_line_is_named_and_the_others_are_done(self, hand_in):
        batch = hand_in(json.dumps(GOOD).encode(), b"{", json.dumps(GOOD).encode()).json
        assert (batch["counts"]["queued"], batch["counts"]["failed"]) == (2, 1)
        [error] = batch["errors"]
        assert (error["line"], error["code"]) == (2, "invalid_json")

    def test_all_bad(self, hand_in):
        batch = hand_in(*[b"{"] * 150).json
        assert (batch["status"], batch["counts"]["failed"], len(batch["errors"])) == ("failed", 150, 100)

    def test_no_lines(self, hand_in, client, stored_keys):
        assert hand_in().status_code == 422
        assert client.get("/v1/batches").json["data"] == []
        assert stored_keys() == []

    def test_too_many_lines_leave_nothing_behind(self, deps, stored_keys):
        settings = deps.settings.model_copy(update={"max_batch_lines": 500})
        client = create_app(settings, replace(deps, settings=settings)).test_client()
        response = client.post("/v1/batches", data=ndjson(*numbered(501)), content_type=NDJSON)
        assert (response.status_code, response.json["code"]) == (413, "batch_too_large")
        assert (client.get("/v1/batches").json["data"], stored_keys()) == ([], [])
        response = client.post("/v1/batches", data=ndjson(*numbered(500)), content_type=NDJSON)
        assert response.status_code == 202

    def test_json_with_defaults(self, client, deps):
        body = {"items": numbered(2), "defaults": {"model": "imgly-small"}}
        batch = client.post("/v1/batches", json=body).json
        assert batch["counts"]["queued"] == 2
        assert deps.lines.line("local", batch["id"], 2).spec.model == "imgly-small"

    def test_defaults_in_the_query(self, hand_in, deps):
        batch = hand_in(GOOD, query='?defaults={"model":"imgly-small"}').json
        assert deps.lines.line("local", batch["id"], 1).spec.model == "imgly-small"

    def test_a_manifest(self, client, deps, objects):
        text = ndjson(*numbered(3))
        upload = client.post("/v1/uploads", json={"content_type": NDJSON, "bytes": len(text)}).json
        objects.put(deps.uploads.find(upload["id"]).key, io.BytesIO(text), content_type=NDJSON)
        batch = client.post("/v1/batches", json={"manifest_upload_id": upload["id"]})
        assert (batch.status_code, batch.json["counts"]["queued"]) == (202, 3)

    def test_a_picture_is_no_manifest(self, client, deps, objects):
        upload = client.post("/v1/uploads", json={"content_type": "image/png", "bytes": 1}).json
        objects.put(deps.uploads.find(upload["id"]).key, io.BytesIO(b"x"), content_type="image/png")
        answer = client.post("/v1/batches", json={"manifest_upload_id": upload["id"]})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] == "/manifest_upload_id"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({}, 422),
            ({"items": []}, 422),
            ({"items": [GOOD], "manifest_upload_id": "upl_" + "0" * 26}, 422),
            ({"items": [GOOD], "defaults": {"colour": 1}}, 422),
            ({"manifest_upload_id": "upl_" + "0" * 26}, 404),
            ({"items": [GOOD], "more": 1}, 422),
        ],
    )
    def test_what_is_no_batch(self, client, body, status):
        assert client.post("/v1/batches", json=body).status_code == status

    def test_another_media_type(self, client):
        response = client.post("/v1/batches", data="a,b", content_type="text/csv")
        assert (response.status_code, response.json["code"]) == (415, "unsupported_media_type")

    def test_a_dry_run_makes_nothing(self, hand_in, client, redis, stored_keys):
        redis.hset("seconds_per_job", "auto", 2)
        response = hand_in(*numbered(3), {"custom_id": "bad"}, query="?dry_run=true")
        assert response.status_code == 200
        shown = response.json
        assert (shown["total"], shown["valid"], shown["invalid"]) == (4, 3, 1)
        assert (shown["errors"][0]["line"], shown["estimate_seconds"]) == (4, 6.0)
        assert (client.get("/v1/batches").json["data"], stored_keys()) == ([], [])

    def test_the_same_request_twice_is_one_batch(self, hand_in, client):
        first, second = (hand_in(*numbered(3), **{"Idempotency-Key": "k"}) for _ in range(2))
        assert first.json == second.json
        assert second.headers["Idempotent-Replay"] == "true"
        assert len(client.get("/v1/batches").json["data"]) == 1
        other = hand_in(*numbered(4), **{"Idempotency-Key": "k"})
        assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")

    def test_a_body_that_is_cut_off_leaves_nothing_behind(self, address, client, stored_keys):
        text = ndjson(*numbered(400))
        head = "\r\n".join(
            [
                "POST /v1/batches HTTP/1.1",
                "Host: x",
                f"Content-Type: {NDJSON}",
                f"Content-Length: {len(text) + 9}",
            ]
        )
        with socket.create_connection(address) as connection:
            connection.sendall(f"{head}\r\n\r\n".encode() + text)
            connection.shutdown(socket.SHUT_WR)
            assert b" 400 " in connection.recv(200)
        assert (client.get("/v1/batches").json["data"], stored_keys()) == ([], [])

    def test_storage_that_is_down_leaves_nothing_behind(self, client, deps, monkeypatch):
        def down(*_args, **_named):
            raise StorageUnavailable("down")

        monkeypatch.setattr(deps.objects, "put", down)
        response = client.post("/v1/batches", data=ndjson(*numbered(3)), content_type=NDJSON)
        assert response.status_code == 503
        assert client.get("/v1/batches").json["data"] == []


class TestFollow:
    """What is told while it runs."""

    def test_an_unchanged_batch_costs_nothing(self, hand_in, client, feeder):
        batch_id = hand_in(*numbered(2)).json["id"]
        first = client.get(f"/v1/batches/{batch_id}")
        again = {"If-None-Match": first.headers["ETag"]}
        assert client.get(f"/v1/batches/{batch_id}", headers=again).status_code == 304
        feeder.feed()
        done = client.get(f"/v1/batches/{batch_id}", headers=again)
        assert (done.status_code, done.json["status"], done.json["counts"]["succeeded"]) == (
            200,
            "succeeded",
            2,
        )
        assert "Retry-After" not in done.headers

    def test_the_list_too(self, hand_in, client, feeder):
        ids = [hand_in(*numbered(1)).json["id"] for _ in range(3)]
        first = client.get("/v1/batches?limit=2")
        assert {batch["id"] for batch in first.json["data"]} < set(ids)
        rest = client.get(f"/v1/batches?limit=2&cursor={first.json['next_cursor']}").json
        assert (len(rest["data"]), rest["next_cursor"]) == (1, None)
        again = {"If-None-Match": first.headers["ETag"]}
        assert client.get("/v1/batches?limit=2", headers=again).status_code == 304
        feeder.feed()
        assert client.get("/v1/batches?limit=2", headers=again).status_code == 200
        assert client.get("/v1/batches?status=running").json["data"] == []

    def test_another_tenant_s_batch_is_not_there(self, hand_in, client, redis):
        batch_id = hand_in(*numbered(1)).json["id"]
        redis.hset(f"batch:{batch_id}", "tenant", "somebody")
        for path in ("", "/items", "/results"):
            assert client.get(f"/v1/batches/{batch_id}{path}").status_code == 404
        for path in ("/cancel", "/retry_failed"):
            assert client.post(f"/v1/batches/{batch_id}{path}").status_code == 404


class TestResults:
    """Lines, in their order."""

    def test_every_line_is_there_once_in_order(self, hand_in, client, feeder):
        lines = [json.dumps(line).encode() for line in numbered(450)]
        lines[200] = b"{"
        batch_id = hand_in(*lines).json["id"]
        while feeder.feed():
            pass
        response = client.get(f"/v1/batches/{batch_id}/results")
        rows = [json.loads(row) for row in response.text.splitlines()]
        assert response.mimetype == NDJSON
        assert [row["line"] for row in rows] == list(range(1, 451))
        assert [row["custom_id"] for row in rows if row["line"] != 201] == [
            f"id-{number}" for number in range(1, 451) if number != 201
        ]
        assert (rows[200]["status"], rows[200]["error"]["code"], rows[200]["job_id"]) == (
            "failed", "invalid_json", None,
        )  # fmt: skip
        assert all(row["outputs"][0]["url"] for row in rows if row["line"] != 201)
        assert len({row["job_id"] for row in rows}) == 450
        assert client.get(f"/v1/jobs/{rows[0]['job_id']}").json["status"] == "succeeded"

    def test_items_by_status_and_flag(self, hand_in, client, feeder, deps, redis):
        batch_id = hand_in(*numbered(5)).json["id"]
        feeder.feed()
        deps.batches._redis.sadd(f"batch:{batch_id}:flag:many_subjects", 2, 4)

        def lines(query):
            page = client.get(f"/v1/batches/{batch_id}/items?{query}").json
            return [item["line"] for item in page["data"]], page["next_cursor"]

        assert lines("limit=2") == ([1, 2], "2")
        assert lines("limit=2&cursor=4") == ([5], None)
        assert lines("flag=many_subjects") == ([2, 4], None)
        assert lines("flag=many_subjects&cursor=2") == ([4], None)
        assert lines("status=failed") == ([], None)
        assert lines("status=succeeded&limit=1") == ([1], "1")

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_a_line_whose_job_is_over_says_so_and_links_to_nothing(
        self, hand_in, client, feeder, deps, redis, is_swept
    ):
        batch_id = hand_in(GOOD | {"retention": 60}, GOOD).json["id"]
        feeder.feed()
        over, kept = (item["job_id"] for item in client.get(f"/v1/batches/{batch_id}/items").json["data"])
        redis.hset(f"job:{over}", "expires_at", int(time.time() * 1000) - 1)
        if is_swept:
            deps.archive.forget(deps.jobs.get(over))

        rows = [json.loads(row) for row in client.get(f"/v1/batches/{batch_id}/results").text.splitlines()]
        assert [(row["status"], row["job_id"], len(row["outputs"])) for row in rows] == [
            ("expired", over, 0), ("succeeded", kept, 1),
        ]  # fmt: skip
        assert rows[0]["error"]["code"] == "expired"
        assert client.get(f"/v1/batches/{batch_id}").json["counts"]["succeeded"] == 2
        assert client.get(f"/v1/jobs/{over}").status_code == 410

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_a_line_that_failed_stays_failed(self, hand_in, client, feeder, deps, redis, is_swept):
        batch_id = hand_in(GOOD).json["id"]
        feeder.queue.error = JobError("no_subject", "t", "d", "ingest", False)
        feeder.feed()
        [item] = client.get(f"/v1/batches/{batch_id}/items").json["data"]
        redis.hset(f"job:{item['job_id']}", "expires_at", 1)
        if is_swept:
            deps.archive.forget(deps.jobs.get(item["job_id"]))
        [item] = client.get(f"/v1/batches/{batch_id}/items").json["data"]
        assert (item["status"], item["error"]["code"]) == ("failed", "expired")

    def test_lines_that_wait_say_so(self, hand_in, client):
        batch_id = hand_in(*numbered(1)).json["id"]
        [row] = client.get(f"/v1/batches/{batch_id}/results").text.splitlines()
        assert (json.loads(row)["status"], json.loads(row)["job_id"]) == ("queued", None)

    def test_an_expired_batch_has_none(self, hand_in, client, redis, deps):
        batch_id = hand_in(b"{").json["id"]
        deps.batches.forget_lines(batch_id)
        assert client.get(f"/v1/batches/{batch_id}").json["status"] == "expired"
        for path in ("items", "results"):
            assert client.get(f"/v1/batches/{batch_id}/{path}").status_code == 410


class TestCancelAndRetry:
    """Changing one's mind."""

    def test_cancel_keeps_what_is_done(self, hand_in, client, feeder, deps):
        batch_id = hand_in(*numbered(5)).json["id"]
        done = replace(feeder, window=2)
        done.feed()
        idle = replace(feeder, window=2, queue=MemoryJobQueue())
        idle.feed()
        batch = client.post(f"/v1/batches/{batch_id}/cancel").json
        assert (batch["status"], batch["counts"]["succeeded"], batch["counts"]["canceled"]) == (
            "canceled", 2, 3,
        )  # fmt: skip
        assert client.post(f"/v1/batches/{batch_id}/cancel").json["status"] == "canceled"
        feeder.feed()
        assert client.get(f"/v1/batches/{batch_id}").json["counts"]["succeeded"] == 2

    def test_failed_lines_are_done_once_more_under_their_ids(self, hand_in, client, feeder):
        batch_id = hand_in(*numbered(2)).json["id"]
        feeder.queue.error = JobError("no_subject", "t", "d", "ingest", False)
        feeder.feed()
        batch = client.get(f"/v1/batches/{batch_id}").json
        assert (batch["status"], batch["counts"]["failed"]) == ("failed", 2)
        failed = client.get(f"/v1/batches/{batch_id}/items").json["data"]
        assert failed[0]["error"]["code"] == "no_subject"
        feeder.queue.error = None
        assert client.post(f"/v1/batches/{batch_id}/retry_failed").json["status"] == "running"
        feeder.feed()
        again = client.get(f"/v1/batches/{batch_id}/items").json["data"]
        assert [item["status"] for item in again] == ["succeeded"] * 2
        assert [item["job_id"] for item in again] == [item["job_id"] for item in failed]
