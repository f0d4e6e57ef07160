"""Handing out, revoking and replacing keys, on a Redis that lives in this process."""

import time

import pytest

from shared.errors import NotFound, StoreUnavailable
from shared.tenants.issuing import KeyWish, issue, revoke, rotate
from shared.tenants.keys import id_of
from shared.tenants.redis_store import RedisTenantStore
from shared.tenants.store import TenantLimits


@pytest.fixture
def store(redis):
    return RedisTenantStore(redis)


def test_a_key_is_found_by_its_id(store):
    issued = issue(store, KeyWish("acme", "shop", is_read_only=True, expires_at=9e9))
    assert store.find(id_of(issued.text)).record == issued.record


def test_the_key_itself_is_nowhere(store, redis):
    text = issue(store, KeyWish("acme", "shop")).text
    kept = [value for key in redis.keys("key:*") for value in redis.hgetall(key).values()]
    assert not any(text in value or text[22:52] in value for value in kept)


def test_a_revoked_key_stays_in_the_list(store):
    first, _ = (issue(store, KeyWish("acme", name)).record for name in ("a", "b"))
    revoke(store, first.id)
    assert [(key.name, key.revoked_at is None) for key in store.all_keys()] == [("a", False), ("b", True)]
    assert revoke(store, first.id) == store.find(first.id).record


def test_a_replaced_key_works_for_a_while(store):
    old = issue(store, KeyWish("acme", "shop", is_read_only=True)).record
    new = rotate(store, old.id, 60).record
    assert (new.tenant, new.name, new.is_read_only, new.expires_at) == ("acme", "shop", True, None)
    assert store.find(old.id).record.expires_at == pytest.approx(time.time() + 60, abs=5)


def test_but_not_longer_than_it_did(store):
    old = issue(store, KeyWish("acme", "shop", expires_at=5.0)).record
    rotate(store, old.id, 60)
    assert store.find(old.id).record.expires_at == 5.0


def test_limits_belong_to_the_tenant(store):
    key = issue(store, KeyWish("acme", "shop")).record
    assert store.find(key.id).limits == TenantLimits()
    store.limit("acme", TenantLimits(0, 9))
    assert store.find(key.id).limits == TenantLimits(0, 9)
    store.limit("acme", TenantLimits())
    assert store.find(key.id).limits == TenantLimits()


@pytest.mark.parametrize("change", [revoke, lambda store, key_id: rotate(store, key_id, 1)])
def test_an_unknown_key(store, change):
    with pytest.raises(NotFound):
        change(store, "nobody")


def test_redis_is_down(store, redis_server):
    redis_server.connected = False
    with pytest.raises(StoreUnavailable):
        store.find("x")
