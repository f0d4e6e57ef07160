"""GET /v1/jobs: the newest first, page by page."""

import io
import time

import pytest

from shared.jobs.job import Claim, JobError, Step
from shared.jobs.redis_archive import RedisJobArchive
from shared.spec.job import JobSpec, Stage
from tests.api.pictures import encoded

ERROR = JobError("no_subject", "t", "d", "segment", retryable=False)


@pytest.fixture
def post(client):
    return lambda: client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "a.png")}).json["id"]


@pytest.fixture
def three(post):
    ids = []
    for _ in range(3):
        ids.append(post())
        time.sleep(0.002)  # ids sort by the millisecond
    return ids


def listed(answer):
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json["data"]]


def test_nothing_yet(client):
    assert client.get("/v1/jobs").json == {"data": [], "next_cursor": None}


def test_the_newest_comes_first(client, three):
    assert listed(client.get("/v1/jobs")) == three[::-1]


def test_what_is_left_empty_chooses_nothing(client, three):
    assert listed(client.get("/v1/jobs?status=&batch_id=&limit=&cursor=")) == three[::-1]
    assert client.get("/v1/batches?status=&limit=&cursor=").status_code == 200


def test_page_by_page(client, three):
    first = client.get("/v1/jobs?limit=2")
    second = client.get(f"/v1/jobs?limit=2&cursor={first.json['next_cursor']}")
    assert (listed(first), listed(second)) == (three[:0:-1], three[:1])
    assert second.json["next_cursor"] is None


def test_a_job_that_came_meanwhile_moves_nothing(client, three, post):
    first = client.get("/v1/jobs?limit=2")
    post()
    assert listed(client.get(f"/v1/jobs?limit=2&cursor={first.json['next_cursor']}")) == three[:1]


def test_only_those_that_stand_so(client, three, jobs):
    claim = jobs.claim(Step(three[1], Stage.SEGMENT))
    assert isinstance(claim, Claim)
    jobs.fail(claim, ERROR)
    assert listed(client.get("/v1/jobs?status=failed")) == [three[1]]
    assert listed(client.get("/v1/jobs?status=queued")) == [three[2], three[0]]


def test_deleted_ones_are_not_there(client, three):
    client.delete(f"/v1/jobs/{three[1]}")
    assert listed(client.get("/v1/jobs")) == [three[2], three[0]]


def test_a_look_ends_somewhere(client, jobs, deps, monkeypatch):
    monkeypatch.setattr("shared.jobs.redis_archive._MOST_LOOKED_AT", 200)
    ids = [f"job_{number:026d}" for number in range(450)]
    for job_id in ids:
        jobs.create(job_id, "local", JobSpec(), None, "")
    found, cursor = [], ""
    for _ in range(9):
        answer = client.get(f"/v1/jobs?status=failed{cursor}")
        found += listed(answer)
        if answer.json["next_cursor"] is None:
            break
        cursor = f"&cursor={answer.json['next_cursor']}"
    assert (found, isinstance(deps.archive, RedisJobArchive)) == ([], True)
    assert answer.json["next_cursor"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=x", "status=asleep", "batch_id=1", "x=1"]
)
def test_parameters_that_are_wrong(client, query):
    answer = client.get(f"/v1/jobs?{query}")
    assert (answer.status_code, [one["field"] for one in answer.json["errors"]]) == (
        422,
        [query.partition("=")[0]],
    )
