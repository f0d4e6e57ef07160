"""`cutroom doctor`: each part is looked at, and what is wrong comes with what to do."""

import fakeredis
import pytest
from click.testing import CliRunner

from api.cli import doctor
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.passes import RedisPasses
from shared.queue.names import QUEUES


@pytest.fixture
def server():
    return fakeredis.FakeServer()


@pytest.fixture
def redis(server, monkeypatch, tmp_path):
    redis = fakeredis.FakeRedis(server=server, decode_responses=True)
    redis.config = {"appendonly": "yes", "maxmemory-policy": "noeviction", "maxmemory": "100"}
    redis.memory = {"used_memory": 10, "maxmemory": 100}
    redis.config_get = lambda *_names: redis.config
    redis.info = lambda _section: redis.memory
    monkeypatch.setattr(doctor, "connect", lambda _url: redis)
    monkeypatch.setenv("CUTROOM_DATA_DIR", str(tmp_path))
    yield redis
    redis.close()


@pytest.fixture
def whole(redis):
    """An installation without fault."""
    RedisFleet(redis, 60).announce(WorkerFacts("one", QUEUES, weights_present=("imgly-medium",)))
    RedisPasses(redis).report("ring")
    return redis


def run():
    return CliRunner().invoke(doctor.command)


def test_nothing_wrong_is_exit_code_0(whole):
    done = run()
    assert done.exit_code == 0
    assert "broken" not in done.output
    for part in ("python", "packages", "disk", "storage", "redis", "clock", "workers", "weights", "keeper"):
        assert f"ok      {part}" in done.output


def test_redis_down_is_said_with_what_to_do(redis, server):
    server.connected = False
    done = run()
    assert done.exit_code == 1
    assert "broken  redis" in done.output
    assert "CUTROOM_REDIS_URL" in done.output
    assert "ok      storage" in done.output


def test_storage_that_cannot_be_written_is_said(whole, monkeypatch):
    monkeypatch.setenv("CUTROOM_STORAGE_URL", "file:///proc/nowhere")
    done = run()
    assert (done.exit_code, "broken  storage" in done.output) == (1, True)


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [("appendonly", "no", "appendonly yes"), ("maxmemory-policy", "allkeys-lru", "noeviction")],
)
def test_a_redis_that_may_lose_records_is_a_warning(whole, name, value, advice):
    whole.config[name] = value
    done = run()
    assert done.exit_code == 0
    assert f"CONFIG SET {name} {advice.split()[-1]}" in done.output


@pytest.mark.parametrize(("used", "limit"), [(80, 100), (80, 0)])
def test_a_redis_that_fills_up_is_a_warning(whole, used, limit):
    whole.memory.update(used_memory=used, maxmemory=limit)
    assert "maxmemory" in run().output


def test_each_queue_without_a_worker_is_named(redis):
    RedisFleet(redis, 60).announce(WorkerFacts("one", QUEUES[1:]))
    done = run()
    assert done.exit_code == 1
    assert f"none for {QUEUES[0]}" in done.output
    assert "cutroom models pull" in done.output
    assert "python -m worker.keeper" in done.output


def test_a_setting_that_is_wrong_is_named(monkeypatch):
    monkeypatch.setenv("CUTROOM_PORT", "many")
    done = run()
    assert (done.exit_code, "CUTROOM_PORT" in done.output) == (1, True)
