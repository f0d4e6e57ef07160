"""The client, against the API itself."""

import httpx
import pytest

from api.app import create_app
from api.client.client import CutroomClient, DownloadDamaged, JobNotDone, Refused, Unreachable
from shared.jobs.job import Step
from shared.jobs.results import ModelUsed, Quality, Rendered, Segmented
from shared.spec.job import Stage
from tests.api.pictures import encoded
from tests.api.working_queue import RESULT

SEGMENTED = Segmented(
    matte_key="k",
    model=ModelUsed(name="m", weights_sha256="a", license="MIT", commercial_use=True),
    quality=Quality(coverage=0.3, confidence=0.9),
)


@pytest.fixture
def busy(working_url):
    """A client of an API that does all work at once."""
    with CutroomClient(working_url) as client:
        yield client


def test_a_photo_is_submitted_with_its_spec(cutroom, photo, objects, jobs):
    job = cutroom.submit(photo, {"model": "imgly-small"})
    assert (job["status"], job["spec"]["model"]) == ("queued", "imgly-small")
    assert objects.open(jobs.get(job["id"]).input.key).read() == encoded()


def test_a_url_is_submitted(cutroom):
    assert cutroom.submit_url("https://example.com/a.png")["spec"]["input"]["url"] == (
        "https://example.com/a.png"
    )


def test_a_refusal_carries_the_problem_document(cutroom, photo):
    with pytest.raises(Refused) as caught:
        cutroom.submit(photo, {"model": "nonesuch"})
    assert (caught.value.status, caught.value.code) == (422, "invalid_spec")
    assert caught.value.problem["errors"][0]["field"] == "/model"
    assert caught.value.request_id.startswith("req_")


def test_a_server_that_is_not_there():
    with CutroomClient("http://127.0.0.1:1") as client:
        with pytest.raises(Unreachable):
            client.get("job_x")
        assert client.missing_parts() == ["api"]


def test_a_server_that_is_something_else():
    with (
        CutroomClient(
            "http://x", transport=httpx.MockTransport(lambda _: httpx.Response(200, text="hello"))
        ) as client,
        pytest.raises(Unreachable, match="does not answer as Cutroom does"),
    ):
        client.get("job_x")


def test_a_problem_that_is_no_document():
    with (
        CutroomClient(
            "http://x", transport=httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
        ) as client,
        pytest.raises(Refused, match="502"),
    ):
        client.get("job_x")


def test_an_unchanged_job_costs_no_body(deps, photo):
    answers = []
    with CutroomClient("http://x", transport=httpx.WSGITransport(create_app(deps.settings, deps))) as client:
        client._http.event_hooks = {"response": [lambda answer: answers.append(answer.status_code)]}
        job = client.submit(photo)
        assert client.get(job["id"]) == client.get(job["id"])
    assert answers == [202, 200, 304]


def test_waiting_shows_each_change_and_answers_the_end(cutroom, photo, jobs):
    seen = []
    job_id = cutroom.submit(photo)["id"]

    def work(job):
        """One stage each time we are told."""
        seen.append((job["status"], job["stage"]))
        if job["stage"]:
            result = SEGMENTED if job["stage"] == "segment" else Rendered(outputs=())
            jobs.commit(jobs.claim(Step(job_id, Stage(job["stage"]))), result, 5)

    job = cutroom.wait(job_id, on_change=work, poll_seconds=0.001)
    assert job["status"] == "succeeded"
    assert seen == [("queued", "segment"), ("running", "render"), ("succeeded", None)]


def test_waiting_ends_with_its_time(cutroom, photo):
    job_id = cutroom.submit(photo)["id"]
    with pytest.raises(JobNotDone, match="still queued"):
        cutroom.wait(job_id, timeout_seconds=0.05, poll_seconds=0.01)


def test_waiting_honours_retry_after(cutroom, photo, monkeypatch, redis):
    redis.hset("seconds_per_job", "auto", 7)
    job_id = cutroom.submit(photo)["id"]
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        cutroom.cancel(job_id)

    monkeypatch.setattr("api.client.client.time.sleep", sleep)
    assert cutroom.wait(job_id)["status"] == "canceled"
    assert pauses == [7.0]


def test_a_server_that_is_away_for_a_moment_is_waited_for(cutroom, photo, redis_server, monkeypatch):
    job_id = cutroom.submit(photo)["id"]
    cutroom.cancel(job_id)
    redis_server.connected = False

    def sleep(_seconds):
        redis_server.connected = True

    monkeypatch.setattr("api.client.client.time.sleep", sleep)
    assert cutroom.wait(job_id)["status"] == "canceled"


def test_a_job_that_does_not_exist_is_not_waited_for(cutroom):
    with pytest.raises(Refused, match="no job"):
        cutroom.wait("job_x")


def test_a_result_is_downloaded_whole(busy, photo, tmp_path):
    job = busy.wait(busy.submit(photo)["id"])
    target = busy.download(job["outputs"][0], tmp_path / "out" / "cat.png")
    assert target.read_bytes() == RESULT
    assert [path.name for path in target.parent.iterdir()] == ["cat.png"]
    assert target.stat().st_mode & 0o444


def test_a_damaged_download_leaves_what_was_there(busy, photo, tmp_path):
    target = tmp_path / "out" / "cat.png"
    target.parent.mkdir()
    target.write_bytes(b"old")
    output = busy.wait(busy.submit(photo)["id"])["outputs"][0]
    with pytest.raises(DownloadDamaged):
        busy.download({**output, "bytes": 5}, target)
    with pytest.raises(Refused, match="signature"):
        busy.download({**output, "url": output["url"] + "0"}, target)
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]


def test_cancel_and_models(cutroom, photo):
    assert cutroom.cancel(cutroom.submit(photo)["id"])["status"] == "canceled"
    assert "imgly-medium" in [model["name"] for model in cutroom.models()]


def test_what_is_missing_is_named(cutroom, objects):
    assert cutroom.is_ready()
    objects.is_down = True
    assert cutroom.missing_parts() == ["storage"]
