"""Looking at a job, fetching its result, cancelling it."""

import io
from importlib import import_module
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from shared.jobs.job import Claim, JobError, Status, Step
from shared.jobs.results import ModelUsed, OutputFile, Quality, Rendered, Segmented
from shared.spec.job import JobSpec, Stage
from tests.api.pictures import encoded

MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
SEGMENTED = Segmented(
    matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9, flags=("many_subjects",))
)
RESULT = b"\x89PNG result"


@pytest.fixture
def job_id(client):
    """A job that waits."""
    return client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "cat.png")}).json["id"]


@pytest.fixture
def claim(jobs, job_id):
    def claim(stage=Stage.SEGMENT):
        taken = jobs.claim(Step(job_id, stage))
        assert isinstance(taken, Claim)
        return taken

    return claim


@pytest.fixture
def finish(jobs, claim, job_id, objects):
    """Do what the workers do, to the end."""

    def finish():
        key = f"t/local/{job_id}/image-0123456789abcdef.png"
        objects.put(key, io.BytesIO(RESULT), content_type="image/png")
        image = OutputFile(
            name="image", model="imgly-medium", key=key, content_type="image/png", width=40, height=30,
            bytes=len(RESULT), sha256="ab",
        )  # fmt: skip
        matte = image.model_copy(update={"name": "matte", "key": key.replace("image", "matte")})
        jobs.commit(claim(), SEGMENTED, 700)
        jobs.commit(claim(Stage.RENDER), Rendered(outputs=(image, matte), flags=("empty_matte",)), 50)

    return finish


@pytest.fixture
def fail(jobs, claim):
    def fail():
        error = JobError(
            "no_subject", "No subject was found in the picture.", "nothing there", "segment", False
        )
        jobs.fail(claim(), error)

    return fail


class TestGet:
    """GET /v1/jobs/{id}."""

    def test_a_waiting_job(self, client, job_id):
        response = client.get(f"/v1/jobs/{job_id}")
        job = response.json
        assert response.status_code == 200
        assert int(response.headers["Retry-After"]) >= 1
        assert (job["status"], job["stage"], job["progress"], job["outputs"]) == (
            "queued",
            "segment",
            0.0,
            [],
        )
        assert job["created_at"].endswith("Z")
        assert job["started_at"] is None
        assert job["links"]["self"] == f"http://127.0.0.1:8000/v1/jobs/{job_id}"

    def test_the_fields_are_the_published_ones_in_their_order(self, client, job_id):
        published = (
            "id status stage progress queue_position eta_seconds attempts priority created_at started_at"
            " finished_at expires_at input spec outputs quality timings_ms models reused_matte_of"
            " error failures metadata links"
        )
        assert " ".join(client.get(f"/v1/jobs/{job_id}").json) == published

    def test_a_running_job_shows_its_progress(self, client, jobs, job_id, claim):
        jobs.renew(claim(), 0.5)
        job = client.get(f"/v1/jobs/{job_id}").json
        assert (job["status"], job["progress"], job["attempts"]) == ("running", 0.25, 1)
        assert job["timings_ms"]["queued"] >= 0

    def test_a_finished_job(self, client, job_id, finish):
        finish()
        response = client.get(f"/v1/jobs/{job_id}")
        job = response.json
        assert "Retry-After" not in response.headers
        assert (job["status"], job["stage"], job["progress"]) == ("succeeded", None, 1.0)
        assert [(one["name"], one["bytes"]) for one in job["outputs"]] == [
            ("image", len(RESULT)),
            ("matte", len(RESULT)),
        ]
        assert job["quality"] == {
            "coverage": 0.3,
            "confidence": 0.9,
            "flags": ["many_subjects", "empty_matte"],
        }
        assert {name: job["timings_ms"][name] for name in ("ingest", "segment", "upscale", "render")} == {
            "ingest": None, "segment": 700, "upscale": None, "render": 50,
        }  # fmt: skip
        assert job["timings_ms"]["total"] >= job["timings_ms"]["queued"]
        assert job["models"] == [{**MODEL.model_dump(), "seconds": 0.0, "agreement": None}]

    def test_storage_keys_stay_inside(self, client, job_id, finish):
        finish()
        assert all("key" not in output for output in client.get(f"/v1/jobs/{job_id}").json["outputs"])

    def test_a_failed_job_says_why(self, client, job_id, fail):
        fail()
        job = client.get(f"/v1/jobs/{job_id}").json
        assert job["status"] == "failed"
        assert job["error"] == {
            "code": "no_subject", "title": "No subject was found in the picture.", "detail": "nothing there",
            "stage": "segment", "retryable": False,
        }  # fmt: skip

    def test_the_wait_is_told_from_the_queue_and_the_measured_speed(self, client, job_id, redis):
        redis.hset("seconds_per_job", "auto", 7.3)
        redis.zadd("waiting:interactive", {"job_before": 1})
        response = client.get(f"/v1/jobs/{job_id}")
        assert (response.json["queue_position"], response.json["eta_seconds"]) == (1, 14.6)
        assert response.headers["Retry-After"] == "15"

    @pytest.mark.parametrize("wrong", ["job_x", "job_" + "0" * 26, "bat_" + "0" * 26, "..%2fjob", "%00"])
    def test_an_unknown_id(self, client, wrong):
        response = client.get(f"/v1/jobs/{wrong}")
        assert (response.status_code, response.json["code"]) == (404, "not_found")

    def test_another_tenant_s_job_is_as_unknown_as_any(self, client, jobs):
        theirs = "job_" + "1" * 26
        jobs.create(theirs, "somebody", JobSpec(), None, "")
        known, unknown = (client.get(f"/v1/jobs/{name}").json for name in (theirs, "job_" + "2" * 26))
        assert known | {"instance": ""} == unknown | {"instance": ""}
        assert client.post(f"/v1/jobs/{theirs}/cancel").status_code == 404
        assert client.get(f"/v1/jobs/{theirs}/result").status_code == 404
        assert jobs.get(theirs).status is Status.QUEUED

    def test_redis_is_down(self, client, job_id, redis_server):
        redis_server.connected = False
        response = client.get(f"/v1/jobs/{job_id}")
        assert (response.status_code, response.json["code"]) == (503, "store_unavailable")


class TestEtag:
    """Polling is cheap while nothing changes."""

    def test_nothing_is_sent_while_nothing_changes(self, client, job_id):
        first = client.get(f"/v1/jobs/{job_id}")
        again = client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert "Retry-After" in again.headers

    def test_a_change_is_sent(self, client, job_id, claim):
        before = client.get(f"/v1/jobs/{job_id}").headers["ETag"]
        claim()
        assert client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": before}).status_code == 200

    def test_so_is_a_move_in_the_queue(self, client, job_id, redis):
        redis.zadd("waiting:interactive", {"job_before": 1})
        before = client.get(f"/v1/jobs/{job_id}").headers["ETag"]
        redis.zrem("waiting:interactive", "job_before")
        assert client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": before}).status_code == 200

    def test_a_result_s_urls_are_renewed_before_they_expire(
        self, client, job_id, finish, monkeypatch, settings
    ):
        finish()
        moments = [1_000_000 * settings.url_lifetime_seconds]
        module = import_module("api.answering.resource")
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: moments[-1]))
        tag = client.get(f"/v1/jobs/{job_id}").headers["ETag"]
        assert client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": tag}).status_code == 304
        moments.append(moments[-1] + settings.url_lifetime_seconds / 2)
        assert client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": tag}).status_code == 200


class TestResult:
    """GET /v1/jobs/{id}/result."""

    def test_not_yet(self, client, job_id):
        response = client.get(f"/v1/jobs/{job_id}/result")
        assert (response.status_code, response.json["status"]) == (202, "queued")
        assert int(response.headers["Retry-After"]) >= 1

    @pytest.mark.parametrize(("query", "name"), [("", "image"), ("?name=matte", "matte")])
    def test_a_redirect_to_the_file(self, client, job_id, finish, query, name):
        finish()
        response = client.get(f"/v1/jobs/{job_id}/result{query}")
        url = urlsplit(response.headers["Location"])
        assert (response.status_code, url.path.rpartition("/")[2]) == (302, f"{name}-0123456789abcdef.png")
        assert "signature=" in url.query

    def test_an_unknown_name(self, client, job_id, finish):
        finish()
        response = client.get(f"/v1/jobs/{job_id}/result?name=shadow")
        assert (response.status_code, response.json["code"]) == (404, "not_found")
        assert "image, matte" in response.json["detail"]

    def test_an_unknown_parameter(self, client, job_id):
        response = client.get(f"/v1/jobs/{job_id}/result?nmae=matte")
        assert response.status_code == 422
        assert [one["field"] for one in response.json["errors"]] == ["nmae"]

    def test_a_failed_job_has_none(self, client, job_id, fail):
        fail()
        response = client.get(f"/v1/jobs/{job_id}/result")
        assert (response.status_code, response.json["code"]) == (409, "job_failed")
        assert "no_subject" in response.json["detail"]

    def test_a_cancelled_job_has_none(self, client, job_id):
        client.post(f"/v1/jobs/{job_id}/cancel")
        response = client.get(f"/v1/jobs/{job_id}/result")
        assert (response.status_code, response.json["code"]) == (409, "job_failed")


class TestCancel:
    """POST /v1/jobs/{id}/cancel."""

    def test_a_waiting_job_is_cancelled_and_stays_so(self, client, job_id):
        for _ in range(2):
            response = client.post(f"/v1/jobs/{job_id}/cancel")
            assert (response.status_code, response.json["status"]) == (200, "canceled")

    def test_a_running_job_goes_on_to_its_boundary(self, client, job_id, claim):
        claim()
        assert client.post(f"/v1/jobs/{job_id}/cancel").json["status"] == "running"

    def test_a_finished_job_stays_as_it_is(self, client, job_id, finish):
        finish()
        assert client.post(f"/v1/jobs/{job_id}/cancel").json["status"] == "succeeded"

    def test_an_unknown_job(self, client):
        assert client.post("/v1/jobs/job_x/cancel").status_code == 404
