"""`cutroom doctor`: each part is looked at, and what is wrong comes with what to do."""

import json
import re
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import fakeredis
import pytest
from click.testing import CliRunner
from redis.exceptions import AuthenticationError, ResponseError

from api.cli import doctor
from shared.errors import StorageUnavailable
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.passes import FEEDER, KEEPER, RedisPasses
from shared.queue.names import QUEUES
from shared.tenants.issuing import KeyWish, issue
from shared.tenants.redis_store import RedisTenantStore
from tests.api.conftest import free_port, serving


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
    monkeypatch.setenv("CUTROOM_PORT", str(free_port()))
    yield redis
    redis.close()


@pytest.fixture
def whole(redis):
    """An installation without fault."""
    RedisFleet(redis, 60).announce(WorkerFacts("one", QUEUES, weights_present=("imgly-medium",)))
    RedisPasses(redis, KEEPER).report("ring")
    RedisPasses(redis, FEEDER).report("feed")
    return redis


def run():
    return CliRunner().invoke(doctor.command)


def test_nothing_wrong_is_exit_code_0(whole):
    done = run()
    assert done.exit_code == 0
    assert "broken" not in done.output
    parts = (
        "python packages disk secret storage broker redis clock keys workers weights keeper feeder webhooks"
    )
    for part in parts.split():
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
    assert "let this user write" in done.output


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [("appendonly", "no", "appendonly yes"), ("maxmemory-policy", "allkeys-lru", "noeviction")],
)
def test_a_redis_that_may_lose_records_is_a_warning(whole, name, value, advice):
    whole.config[name] = value
    done = run()
    assert done.exit_code == 0
    assert f"CONFIG SET {name} {advice.split()[-1]}" in done.output
    assert "redis.conf" in done.output


@pytest.mark.parametrize(("used", "limit"), [(80, 100), (80, 0)])
def test_a_redis_that_fills_up_is_a_warning(whole, used, limit):
    whole.memory.update(used_memory=used, maxmemory=limit)
    assert "maxmemory" in run().output


def test_each_queue_without_a_worker_is_named(redis):
    RedisFleet(redis, 60).announce(WorkerFacts("one", QUEUES[1:]))
    done = run()
    assert done.exit_code == 1
    assert f"none for {QUEUES[0]}\n" in done.output
    assert f"--queues {QUEUES[0]}\n" in done.output
    assert "cutroom models pull" in done.output
    assert "python -m worker.keeper" in done.output


def test_a_feeder_that_is_gone_is_missed(whole):
    whole.hincrby(FEEDER, "feed", -60)
    done = run()
    assert done.exit_code == 1
    assert re.search(r"silent for 6\d s", done.output)
    assert "python -m worker.feeder" in done.output


def test_a_setting_that_is_wrong_is_named(monkeypatch):
    monkeypatch.setenv("CUTROOM_PORT", "many")
    done = run()
    assert (done.exit_code, "CUTROOM_PORT" in done.output) == (1, True)


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("invalid username-password pair or user is disabled."),
        ResponseError(
            "HELLO must be called with the client already authenticated, otherwise the HELLO AUTH …"
        ),
        ResponseError("NOAUTH Authentication required."),
    ],
)
def test_a_wrong_password_is_told_from_a_redis_that_is_down(redis, error, monkeypatch):
    def ping():
        raise error

    monkeypatch.setattr(redis, "ping", ping)
    done = run()
    assert done.exit_code == 1
    assert "password into CUTROOM_REDIS_URL" in done.output
    assert "password into CUTROOM_BROKER_URL" in done.output


def test_a_url_that_is_none_is_no_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("CUTROOM_DATA_DIR", str(tmp_path))
    for variable in ("CUTROOM_REDIS_URL", "CUTROOM_BROKER_URL"):
        monkeypatch.setenv(variable, "localhost")
    done = run()
    assert isinstance(done.exception, SystemExit)
    assert "set CUTROOM_REDIS_URL" in done.output


def test_a_broker_that_is_down_is_named_though_the_records_are_there(whole, server, monkeypatch):
    def connect(url):
        if url.endswith("/1"):
            raise ConnectionRefusedError("refused")
        return whole

    monkeypatch.setattr(doctor, "connect", connect)
    done = run()
    assert done.exit_code == 1
    assert "CUTROOM_BROKER_URL" in done.output
    assert "ok      redis" in done.output


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("object storage answers PutObject with NoSuchBucket", "make the bucket"),
        ("object storage does not answer PutObject: NoCredentialsError", "set CUTROOM_S3_ACCESS_KEY_ID"),
        ("object storage refuses PutObject with 403: check …", "check CUTROOM_S3_ACCESS_KEY_ID"),
        ("object storage does not answer PutObject: EndpointConnectionError", "CUTROOM_S3_ENDPOINT_URL"),
        ("file storage failed: Permission denied", "let this user write"),
    ],
)
def test_each_way_in_which_storage_fails_has_its_advice(whole, said, advice, monkeypatch):
    def fail(_settings):
        raise StorageUnavailable(said)

    monkeypatch.setattr(doctor, "open_store", fail)
    done = run()
    assert done.exit_code == 1
    assert f"broken  storage     {said}" in done.output
    assert advice in done.output


def test_a_secret_that_cannot_be_kept_is_said(whole, tmp_path, monkeypatch):
    (tmp_path / "in the way").touch()
    monkeypatch.setenv("CUTROOM_DATA_DIR", str(tmp_path / "in the way" / "data"))
    done = run()
    assert done.exit_code == 1
    assert "broken  secret" in done.output
    assert "set CUTROOM_SIGNING_SECRET" in done.output


def test_keys_that_are_asked_for_and_were_never_made_are_missed(whole, monkeypatch):
    monkeypatch.setenv("CUTROOM_AUTH", "keys")
    done = run()
    assert (done.exit_code, "cutroom keys create" in done.output) == (1, True)
    issue(RedisTenantStore(whole), KeyWish("shop", "first"))
    assert "ok      keys        1 are valid" in run().output


def test_a_clock_that_is_off_is_said(whole, monkeypatch):
    monkeypatch.setattr(whole, "time", lambda: (round(time.time()) - 90, 0))
    done = run()
    assert done.exit_code == 1
    assert "90 s off" in done.output
    assert "NTP" in done.output


def test_without_any_worker_one_line_says_how_to_start_one_for_all_queues(redis):
    RedisPasses(redis, KEEPER).report("ring")
    done = run()
    assert done.output.count("celery --app") == 1
    assert f"--queues {','.join(QUEUES)}" in done.output


def test_webhooks_that_nobody_sends_are_missed(whole):
    whole.rpush("events", json.dumps({"at": str(round((time.time() - 120) * 1000))}))
    done = run()
    assert done.exit_code == 1
    assert "python -m worker.webhooks" in done.output


def test_an_api_that_does_not_run_is_a_warning(whole):
    done = run()
    assert (done.exit_code, "warning api" in done.output) == (0, True)


def test_an_api_that_runs_is_found(whole, deps, monkeypatch):
    with serving(deps) as (_host, port):
        monkeypatch.setenv("CUTROOM_PORT", str(port))
        assert "ok      api" in run().output


def test_another_program_in_the_place_of_the_api_is_told_from_it(whole, monkeypatch):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        Thread(target=other.handle_request).start()
        monkeypatch.setenv("CUTROOM_PORT", str(other.server_port))
        done = run()
    assert done.exit_code == 1
    assert "broken  api" in done.output
    assert f"CUTROOM_PORT={other.server_port + 1}" in done.output


def test_a_relative_folder_is_the_one_of_the_checkout(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "Procfile").touch()
    monkeypatch.setattr(doctor, "ROOT", tmp_path / "checkout")
    monkeypatch.setenv("CUTROOM_DATA_DIR", "var")
    assert run().exit_code == 0
    assert (tmp_path / "checkout" / "var").exists()
    assert not (tmp_path / "var").exists()
