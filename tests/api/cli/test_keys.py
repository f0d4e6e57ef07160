"""`cutroom keys`: an operator's command on Redis."""

import json
from contextlib import contextmanager

import fakeredis
import pytest
from click.testing import CliRunner

from api.cli import keys
from shared.tenants.keys import id_of
from shared.tenants.redis_store import RedisTenantStore


@pytest.fixture
def redis(monkeypatch):
    redis = fakeredis.FakeRedis(decode_responses=True)

    @contextmanager
    def connect(_url):
        yield redis

    monkeypatch.setattr(keys, "connect", connect)
    yield redis
    redis.close()


@pytest.fixture
def run(redis):
    def run(*arguments):
        return CliRunner().invoke(keys.command, arguments)

    return run


def test_a_key_is_shown_once_and_alone_on_stdout(run):
    done = run("create", "acme", "--name", "shop")
    key = done.stdout.strip()
    assert (done.exit_code, key.startswith("cut_live_")) == (0, True)
    assert "not shown again" in done.stderr
    assert key not in run("list").output
    assert id_of(key) in run("list").output


def test_what_is_listed(run):
    run("create", "acme", "--read-only", "--days", "3")
    (listed,) = json.loads(run("list", "--json").stdout)
    assert (listed["tenant"], listed["read_only"], listed["revoked_at"]) == ("acme", True, None)
    assert listed["state"] == f"valid until {listed['expires_at']}"
    assert "sha256" not in listed


def test_a_key_is_revoked(run):
    key_id = json.loads(run("create", "acme", "--json").stdout)["id"]
    assert run("revoke", key_id).exit_code == 0
    assert json.loads(run("list", "--json").stdout)[0]["state"] == "revoked"


def test_a_key_is_replaced(run):
    old = json.loads(run("create", "acme", "--name", "shop", "--json").stdout)
    new = json.loads(run("rotate", old["id"], "--overlap-hours", "0", "--json").stdout)
    states = {one["id"]: one["state"] for one in json.loads(run("list", "--json").stdout)}
    assert (new["name"], states) == ("shop", {old["id"]: "expired", new["id"]: "valid"})


def test_limits_are_set_and_taken_back(run, redis):
    key = json.loads(run("create", "acme", "--json").stdout)
    assert "7 requests" in run("limit", "acme", "--requests", "7").output
    assert RedisTenantStore(redis).find(key["id"]).limits.requests_per_minute == 7
    run("limit", "acme")
    assert RedisTenantStore(redis).find(key["id"]).limits.requests_per_minute is None


@pytest.mark.parametrize("arguments", [("revoke", "nobody"), ("rotate", "nobody")])
def test_an_unknown_key(run, arguments):
    done = run(*arguments)
    assert (done.exit_code, "no key" in done.output) == (1, True)


def test_a_tenant_that_cannot_be(run):
    assert run("create", "../etc").exit_code == 2


def test_without_redis_it_is_said_where_to_find_one():
    done = CliRunner().invoke(keys.command, ["list"], env={"CUTROOM_REDIS_URL": "redis://127.0.0.1:1/0"})
    assert (done.exit_code, "CUTROOM_REDIS_URL" in done.output) == (1, True)
