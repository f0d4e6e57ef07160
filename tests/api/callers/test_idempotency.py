"""A request that is sent twice is done once."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.app import create_app
from shared.errors import StoreUnavailable
from tests.api.pictures import encoded


@pytest.fixture
def post(client):
    def post(key="k", spec=None, picture=None):
        parts = {"image": (io.BytesIO(picture or encoded()), "a.png"), "spec": json.dumps(spec or {})}
        return client.post("/v1/jobs", data=parts, headers={} if key is None else {"Idempotency-Key": key})

    return post


def test_the_second_gets_the_first_one_s_answer(post, queue):
    first, second = post(), post()
    assert second.json == first.json
    assert (second.status_code, second.headers["Location"]) == (202, first.headers["Location"])
    assert ("Idempotent-Replay" in first.headers, second.headers["Idempotent-Replay"]) == (False, "true")
    assert len(queue.rings) == 1


def test_without_a_key_each_is_a_job(post):
    assert post(None).json["id"] != post(None).json["id"]


@pytest.mark.parametrize("other", [{"spec": {"model": "imgly-small"}}, {"picture": encoded("BMP")}])
def test_another_payload_is_refused(post, other):
    post()
    answer = post(**other)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_the_same_said_differently_is_the_same(post):
    assert post(spec={"model": "auto"}).json["id"] == post(spec={}).json["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", " "])
def test_a_key_that_is_none(post, key):
    answer = post(key)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_header")


def test_fifty_at_once_are_one_job(deps, queue, stored_keys):
    app, picture = create_app(deps.settings, deps), encoded()

    def post(_):
        parts = {"image": (io.BytesIO(picture), "a.png")}
        return app.test_client().post("/v1/jobs", data=parts, headers={"Idempotency-Key": "k"})

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))
    made = [answer for answer in answers if answer.status_code == 202]
    assert {answer.json["id"] for answer in made} == {made[0].json["id"]}
    assert sum("Idempotent-Replay" not in answer.headers for answer in made) == 1
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert {answer.json["code"] for answer in waiting} <= {"idempotency_in_progress"}
    assert all(answer.headers["Retry-After"] == "1" for answer in waiting)
    assert len(made) + len(waiting) == 50
    assert (len(queue.rings), len(stored_keys())) == (1, 1)


def test_after_a_failure_it_may_be_tried_again(post, jobs, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "create", _down)
        assert post().status_code == 503
    answer = post()
    assert (answer.status_code, "Idempotent-Replay" in answer.headers) == (202, False)


def test_an_answer_that_was_lost_makes_no_second_job(post, deps, monkeypatch, queue, stored_keys):
    """As when the process is killed between the record and the answer."""
    with monkeypatch.context() as patch:
        patch.setattr("api.answering.resource.view_of", _down)
        assert post().status_code == 503
    first = queue.rings[0].step.job_id
    assert post().json["id"] == first
    assert len(stored_keys()) == 1


def test_a_refused_picture_leaves_the_key_free(post):
    assert post(picture=b"no picture").status_code == 415
    assert post().status_code == 202


def test_uploads_may_be_repeated_too(client):
    body, headers = {"content_type": "image/png", "bytes": 5}, {"Idempotency-Key": "k"}
    first, second = (client.post("/v1/uploads", json=body, headers=headers) for _ in "ab")
    assert (second.status_code, second.json) == (201, first.json)


def _down(*_args):
    raise StoreUnavailable("down")
