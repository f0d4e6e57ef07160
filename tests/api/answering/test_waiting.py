"""`Prefer: wait`, and server-sent events."""

import io
import json
from threading import Timer

import pytest

from api.app import create_app
from shared.jobs.job import JobError, Step
from shared.spec.job import Stage
from tests.api.pictures import encoded

ERROR = JobError("no_subject", "t", "d", "segment", retryable=False)


@pytest.fixture
def post(client):
    def post(**headers):
        return client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "a.png")}, headers=headers)

    return post


@pytest.fixture
def fail(jobs):
    def fail(job_id):
        jobs.fail(jobs.claim(Step(job_id, Stage.SEGMENT)), ERROR)

    return fail


@pytest.fixture
def soon(queue, fail, monkeypatch):
    """Every job fails a moment after it was rung."""
    timers = []

    def ring(rung):
        timers.append(Timer(0.15, fail, [rung.step.job_id]))
        timers[-1].start()
        return True

    monkeypatch.setattr(queue, "ring", ring)
    yield
    for timer in timers:
        timer.join()


class TestPrefer:
    """RFC 7240."""

    def test_a_job_that_ends_in_time_is_answered_finished(self, post, soon):
        answer = post(Prefer="wait=5")
        assert (answer.status_code, answer.json["status"]) == (200, "failed")
        assert answer.headers["Preference-Applied"] == "wait=5"
        assert "Retry-After" not in answer.headers

    def test_else_it_is_accepted(self, post):
        answer = post(Prefer="wait=1")
        assert (answer.status_code, answer.json["status"]) == (202, "queued")
        assert answer.headers["Preference-Applied"] == "wait=1"

    def test_who_waited_in_vain_is_told_how_far_it_is(self, post, jobs, queue, monkeypatch):
        monkeypatch.setattr(queue, "ring", lambda ring: bool(jobs.claim(ring.step)))
        answer = post(Prefer="wait=1")
        assert (answer.status_code, answer.json["status"]) == (202, "running")
        assert int(answer.headers["Retry-After"]) > 0

    def test_a_job_deleted_meanwhile_is_told_as_it_began(self, post, jobs, deps, queue, monkeypatch):
        def ring(rung):
            deps.archive.forget(jobs.get(rung.step.job_id))
            return True

        monkeypatch.setattr(queue, "ring", ring)
        answer = post(Prefer="wait=1")
        assert (answer.status_code, answer.json["status"]) == (202, "queued")

    def test_without_a_number_it_is_a_minute(self, post, soon):
        answer = post(Prefer="wait")
        assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "wait=60")

    def test_a_repeated_request_waits_too(self, post, soon):
        headers = {"Prefer": "wait=5", "Idempotency-Key": "k"}
        first, second = post(**headers), post(**headers)
        assert (second.status_code, second.json["status"]) == (200, "failed")
        assert second.json["id"] == first.json["id"]

    @pytest.mark.parametrize(
        ("said", "applied"),
        [
            ("respond-async", "respond-async"), ("wait=5, respond-async", "respond-async"), ("wait=x", None),
            ("handling=strict", None), ("wait=0", "wait=0"), ("", None), ("wait=-1", None), (",,;=", None),
        ],
    )  # fmt: skip
    def test_what_is_not_applied_is_not_said(self, post, said, applied):
        answer = post(Prefer=said)
        assert (answer.status_code, answer.headers.get("Preference-Applied")) == (202, applied)

    def test_nobody_waits_longer_than_a_minute(self, post, soon):
        assert post(Prefer='Wait="900"; x=1').headers["Preference-Applied"] == "wait=60"

    def test_when_all_threads_are_held_nobody_waits(self, deps):
        settings = deps.settings.model_copy(update={"held_connections": 1})
        app = create_app(settings, deps)
        app.extensions["cutroom-held-connections"].acquire()
        parts = {"image": (io.BytesIO(encoded()), "a.png")}
        assert (
            app.test_client().post("/v1/jobs", data=parts, headers={"Prefer": "wait=30"}).status_code == 202
        )


def told(text):
    """(name, data) of each event."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block
    ]
    return [(one["event"], json.loads(one["data"])) for one in blocks if "event" in one]


class TestEvents:
    """GET /v1/jobs/{id}/events."""

    def test_a_job_is_followed_to_its_end(self, post, client, soon):
        job_id = post().json["id"]
        answer = client.get(f"/v1/jobs/{job_id}/events")
        assert answer.content_type.startswith("text/event-stream")
        events = told(answer.text)
        names = [name for name, _ in events]
        assert (names[0], names[-1]) == ("status", "done")
        assert events[0][1] == {"status": "queued", "stage": "segment"}
        assert (events[-1][1]["id"], events[-1][1]["status"]) == (job_id, "failed")

    def test_whoever_comes_back_is_told_what_is_new(self, post, client, fail, jobs):
        job_id = post().json["id"]
        seen = jobs.get(job_id).version
        fail(job_id)
        answer = client.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": str(seen)})
        assert [name for name, _ in told(answer.text)] == ["status", "done"]

    def test_a_job_that_has_ended_is_told_as_such(self, post, client, fail, jobs):
        job_id = post().json["id"]
        fail(job_id)
        headers = {"Last-Event-ID": str(jobs.get(job_id).version)}
        assert [name for name, _ in told(client.get(f"/v1/jobs/{job_id}/events", headers=headers).text)] == [
            "done"
        ]

    def test_silence_is_broken_now_and_then(self, post, client, soon, monkeypatch):
        monkeypatch.setattr("api.answering.events.HEARTBEAT_SECONDS", 0.01)
        job_id = post().json["id"]
        assert ": still there" in client.get(f"/v1/jobs/{job_id}/events").text

    def test_a_stream_ends_after_a_while(self, post, client, monkeypatch):
        monkeypatch.setattr("api.answering.events.LONGEST_SECONDS", 0.05)
        job_id = post().json["id"]
        assert [name for name, _ in told(client.get(f"/v1/jobs/{job_id}/events").text)] == [
            "status",
            "progress",
        ]

    def test_when_redis_goes_the_stream_ends(self, post, client, redis_server):
        answer = client.get(f"/v1/jobs/{post().json['id']}/events")
        lines = iter(answer.response)
        next(lines)
        redis_server.connected = False
        assert list(lines) == []
        answer.close()

    def test_only_so_many_at_once(self, deps, post):
        settings = deps.settings.model_copy(update={"held_connections": 1})
        client, path = create_app(settings, deps).test_client(), f"/v1/jobs/{post().json['id']}/events"
        first = client.get(path)
        assert (client.get(path).status_code, client.get(path).json["code"]) == (503, "too_many_streams")
        first.close()
        again = client.get(path)
        assert again.status_code == 200
        again.close()

    def test_whoever_only_asks_for_headers_holds_nothing(self, deps, post, soon):
        settings = deps.settings.model_copy(update={"held_connections": 1})
        client, path = create_app(settings, deps).test_client(), f"/v1/jobs/{post().json['id']}/events"
        for _ in range(3):
            answer = client.head(path)
            answer.close()  # as every server does
            assert (answer.status_code, answer.data) == (200, b"")

    def test_a_job_deleted_meanwhile_ends_the_stream(self, client, post):
        job_id = post().json["id"]
        answer = client.get(f"/v1/jobs/{job_id}/events")
        lines = iter(answer.response)
        next(lines)
        client.delete(f"/v1/jobs/{job_id}")
        assert list(lines) == []
        answer.close()


class TestBrowsers:
    """CORS is closed unless opened; nothing may be framed or sniffed."""

    @pytest.mark.parametrize("path", ["/healthz", "/v1/jobs", "/nothing"])
    def test_every_answer_is_armoured(self, client, path):
        headers = client.get(path).headers
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
        assert "default-src 'none'" in headers["Content-Security-Policy"]

    def test_no_page_may_call_us(self, client):
        answer = client.options("/v1/jobs", headers={"Origin": "https://shop.example"})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]

    def test_unless_it_is_set(self, deps):
        settings = deps.settings.model_copy(
            update={"cors_origins": ("https://shop.example",), "auth": "keys"}
        )
        client = create_app(settings, deps).test_client()
        answer = client.options("/v1/jobs", headers={"Origin": "https://shop.example"})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
        other = client.options("/v1/jobs", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in other.headers

    def test_head_is_get_without_a_body(self, client, post):
        job_id = post().json["id"]
        answer = client.head(f"/v1/jobs/{job_id}")
        assert (answer.status_code, answer.data, "ETag" in answer.headers) == (200, b"", True)
