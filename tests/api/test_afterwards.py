"""What may become of a job later: tried again, deleted, expired; and the same picture once more."""

import io
import json
import time

import pytest

from shared.jobs.job import Claim, JobError, Refusal, Status, Step
from shared.jobs.results import ModelUsed, Quality, Segmented
from shared.spec.job import Stage
from tests.api.pictures import encoded
from worker.keeper.retention import delete_expired

ERROR = JobError("no_subject", "t", "d", "segment", retryable=False)
SEGMENTED = Segmented(
    matte_key="t/local/x/matte-0123456789abcdef.png",
    model=ModelUsed(name="m", weights_sha256="a", license="MIT", commercial_use=True),
    quality=Quality(coverage=0.3, confidence=0.9),
)


@pytest.fixture
def post(client):
    def post(**spec):
        parts = {"image": (io.BytesIO(encoded()), "a.png"), "spec": json.dumps(spec)}
        return client.post("/v1/jobs", data=parts)

    return post


@pytest.fixture
def job_id(post):
    return post().json["id"]


@pytest.fixture
def claim(jobs, job_id):
    def claim(stage=Stage.SEGMENT):
        taken = jobs.claim(Step(job_id, stage))
        assert isinstance(taken, Claim), taken
        return taken

    return claim


class TestRetry:
    """POST /v1/jobs/{id}/retry."""

    def test_a_failed_job_begins_again_where_it_failed(self, client, jobs, queue, job_id, claim):
        jobs.commit(claim(), SEGMENTED, 700)
        jobs.fail(claim(Stage.RENDER), ERROR)
        queue.rings.clear()
        answer = client.post(f"/v1/jobs/{job_id}/retry")
        assert (answer.status_code, answer.json["status"], answer.json["error"]) == (200, "queued", None)
        assert [ring.step for ring in queue.rings] == [Step(job_id, Stage.RENDER)]
        assert claim(Stage.RENDER).attempt == 1

    def test_a_job_that_goes_on_goes_on(self, client, queue, job_id):
        queue.rings.clear()
        assert client.post(f"/v1/jobs/{job_id}/retry").json["status"] == "queued"
        assert queue.rings == []

    def test_a_canceled_job_stays_so(self, client, job_id):
        client.post(f"/v1/jobs/{job_id}/cancel")
        answer = client.post(f"/v1/jobs/{job_id}/retry")
        assert (answer.status_code, answer.json["code"]) == (409, "not_retryable")


class TestDeadlines:
    """A job that is late is expired, and is not begun."""

    def test_one_that_was_not_begun_in_time(self, client, post, jobs, redis):
        job_id = post(start_within=1).json["id"]
        redis.hset(f"job:{job_id}", "start_by", 1)
        assert jobs.claim(Step(job_id, Stage.SEGMENT)) is Refusal.TERMINAL
        job = client.get(f"/v1/jobs/{job_id}").json
        assert (job["status"], job["error"]["code"]) == ("expired", "deadline_exceeded")
        assert redis.zcard("deadlines") == 0

    def test_one_that_is_not_finished_in_time(self, post, jobs, redis):
        job_id = post(finish_within=60).json["id"]
        taken = jobs.claim(Step(job_id, Stage.SEGMENT))
        jobs.commit(taken, SEGMENTED, 1)
        redis.hset(f"job:{job_id}", "finish_by", 1)
        assert jobs.claim(Step(job_id, Stage.RENDER)) is Refusal.TERMINAL
        assert jobs.get(job_id).status is Status.EXPIRED

    def test_tried_again_it_has_its_time_again(self, client, post, jobs, redis):
        job_id = post(start_within=60).json["id"]
        redis.hset(f"job:{job_id}", "start_by", 1)
        jobs.claim(Step(job_id, Stage.SEGMENT))
        assert client.post(f"/v1/jobs/{job_id}/retry").json["status"] == "queued"
        assert isinstance(jobs.claim(Step(job_id, Stage.SEGMENT)), Claim)


class TestDelete:
    """DELETE /v1/jobs/{id}, and what happens by itself after `retention`."""

    def test_the_files_go_at_once(self, client, job_id, stored_keys, redis):
        assert client.delete(f"/v1/jobs/{job_id}").status_code == 204
        assert stored_keys() == []
        assert redis.keys("job:*") == redis.keys("jobs:*") == redis.keys("sched") == []

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", ""), ("GET", "/result"), ("GET", "/events"), ("POST", "/retry"), ("DELETE", "")],
    )
    def test_afterwards_it_is_gone(self, client, job_id, method, path):
        client.delete(f"/v1/jobs/{job_id}")
        answer = client.open(f"/v1/jobs/{job_id}{path}", method=method)
        assert (answer.status_code, answer.json["code"]) == (410, "expired")

    def test_a_running_job_is_canceled_and_cleaned_up_when_it_has_ended(
        self, client, job_id, jobs, deps, claim, stored_keys, objects
    ):
        taken = claim()
        assert client.delete(f"/v1/jobs/{job_id}").status_code == 204
        assert client.get(f"/v1/jobs/{job_id}").status_code == 410
        delete_expired(deps.archive, objects)
        made = SEGMENTED.model_copy(update={"matte_key": f"t/local/{job_id}/matte-0123456789abcdef.png"})
        objects.put(made.matte_key, io.BytesIO(b"x"), content_type="image/png")
        jobs.commit(taken, made, 5)
        delete_expired(deps.archive, objects)
        assert stored_keys() == []
        assert client.get(f"/v1/jobs/{job_id}").status_code == 410

    def test_retention_is_the_job_s_to_say(self, post, settings):
        assert post(retention=60).json["spec"]["retention"] == 60
        assert post().json["spec"]["retention"] == settings.retention_seconds

    def test_after_its_time_a_job_is_gone(self, client, job_id, redis, deps, stored_keys):
        past = round(time.time() * 1000) - 1000
        redis.hset(f"job:{job_id}", "expires_at", past)
        redis.zadd("expiring", {job_id: past})
        assert client.get(f"/v1/jobs/{job_id}").status_code == 410
        delete_expired(deps.archive, deps.objects)
        delete_expired(deps.archive, deps.objects)
        assert (client.get(f"/v1/jobs/{job_id}").status_code, stored_keys()) == (410, [])


class TestSamePicture:
    """`input.job_id`."""

    def test_the_picture_is_copied(self, client, job_id, jobs, stored_keys, objects):
        answer = client.post("/v1/jobs", json={"input": {"job_id": job_id}, "model": "imgly-small"})
        assert answer.status_code == 202
        assert answer.json["input"] == client.get(f"/v1/jobs/{job_id}").json["input"]
        client.delete(f"/v1/jobs/{job_id}")
        assert objects.open(jobs.get(answer.json["id"]).input.key).read() == encoded()

    def test_a_picture_not_fetched_yet(self, client):
        source = client.post("/v1/jobs", json={"input": {"url": "https://example.com/a.png"}}).json["id"]
        answer = client.post("/v1/jobs", json={"input": {"job_id": source}})
        assert (answer.status_code, answer.json["code"]) == (409, "picture_not_ready")

    def test_a_job_that_is_gone(self, client, job_id, stored_keys):
        client.delete(f"/v1/jobs/{job_id}")
        assert client.post("/v1/jobs", json={"input": {"job_id": job_id}}).status_code == 410
        assert stored_keys() == []

    @pytest.mark.parametrize(
        "source", [{}, {"url": "https://example.com/a.png", "job_id": "job_" + "0" * 26}, {"job_id": "upl_1"}]
    )
    def test_exactly_one_source(self, client, source):
        assert client.post("/v1/jobs", json={"input": source}).status_code == 422


def test_a_full_queue_says_so(client, deps, redis, settings, post):
    redis.zadd("waiting:bulk", {f"job_{number}": number for number in range(settings.max_waiting_jobs)})
    answer = post()
    assert (answer.status_code, answer.json["code"]) == (503, "queue_full")
    assert int(answer.headers["Retry-After"]) > 0
