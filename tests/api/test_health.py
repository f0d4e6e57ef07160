"""Liveness and readiness."""

import pytest

from shared.fleet.port import WorkerFacts
from shared.queue.names import QUEUES


def missing(client):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert response.json["code"] == "not_ready"
    assert "Retry-After" in response.headers
    return [one["field"] for one in response.json["errors"]]


def test_a_process_that_answers_is_alive_whatever_else_is_down(client, redis_server, objects):
    redis_server.connected = False
    objects.is_down = True
    assert client.get("/healthz").json == {"status": "ok"}


def test_it_is_ready_when_all_parts_answer(client):
    assert client.get("/readyz").status_code == 200


def test_redis_is_named_when_it_is_down_and_so_are_the_workers_it_hides(client, redis_server):
    redis_server.connected = False
    assert missing(client) == ["redis", *(f"queue:{queue}" for queue in QUEUES)]


def test_storage_is_named_when_it_is_down(client, objects):
    objects.is_down = True
    assert missing(client) == ["storage"]


@pytest.mark.parametrize("served", [(), QUEUES[:2]])
def test_each_queue_without_a_worker_is_named(client, deps, redis, served):
    redis.delete("worker:one")
    deps.fleet.announce(WorkerFacts("two", served))
    assert missing(client) == [f"queue:{queue}" for queue in QUEUES if queue not in served]
