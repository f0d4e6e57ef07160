"""Answers kept by key."""

import time

import pytest

from shared.errors import IdempotencyInProgress, IdempotencyKeyReused
from shared.idempotency.port import Answered, Attempt, StoredAnswer, Taken
from shared.idempotency.redis_store import RedisIdempotencyStore

ANSWER = StoredAnswer(202, {"Location": "/x"}, "{}")


@pytest.fixture
def store(redis):
    return RedisIdempotencyStore(redis, 60, lock_seconds=0.05)


def attempt(resource_id="job_1", fingerprint="f", tenant="acme", key="k"):
    return Attempt(tenant, key, fingerprint, resource_id)


def test_the_first_takes_the_key(store):
    taken = store.take(attempt())
    assert (taken.attempt, taken.is_first) == (attempt(), True)


@pytest.mark.usefixtures("doubled")
def test_so_does_who_had_to_ask_twice(store):
    assert store.take(attempt()).attempt == attempt()
    with pytest.raises(IdempotencyInProgress):
        store.take(attempt("job_2"))


def test_meanwhile_the_others_wait(store):
    store.take(attempt())
    with pytest.raises(IdempotencyInProgress):
        store.take(attempt("job_2"))


def test_afterwards_they_get_its_answer(store):
    store.complete(store.take(attempt()), ANSWER)
    assert store.take(attempt("job_2")) == Answered("job_1", ANSWER)


def test_an_answer_that_took_longer_than_keys_are_kept_is_kept_as_long(store, redis):
    taken = store.take(attempt())
    redis.flushdb()  # its time is over
    store.complete(taken, ANSWER)
    [key] = redis.keys()
    assert redis.ttl(key) == pytest.approx(60, abs=2)
    assert store.take(attempt("job_2")) == Answered("job_1", ANSWER)
    with pytest.raises(IdempotencyKeyReused):
        store.take(attempt("job_2", fingerprint="g"))


@pytest.mark.parametrize("is_answered", [False, True])
def test_another_request_under_the_same_key(store, is_answered):
    taken = store.take(attempt())
    if is_answered:
        store.complete(taken, ANSWER)
    with pytest.raises(IdempotencyKeyReused):
        store.take(attempt("job_2", fingerprint="g"))


def test_another_tenant_s_key_is_another_key(store):
    store.take(attempt())
    assert store.take(attempt("job_2", "g", tenant="other")).is_first


def test_whoever_died_leaves_its_id_behind(store):
    store.take(attempt())
    time.sleep(0.06)
    again = store.take(attempt("job_2"))
    assert (again.attempt.resource_id, again.is_first) == ("job_1", False)


def test_a_failure_lets_the_next_try_at_once(store):
    store.release(store.take(attempt()), forgets=False)
    assert store.take(attempt("job_2")).attempt.resource_id == "job_1"


def test_a_refusal_frees_the_key(store):
    store.release(store.take(attempt()), forgets=True)
    assert store.take(attempt("job_2", "g")).is_first


def test_only_who_holds_the_key_frees_it(store):
    slow = store.take(attempt())
    time.sleep(0.06)
    assert isinstance(store.take(attempt()), Taken)
    store.release(slow, forgets=True)
    with pytest.raises(IdempotencyInProgress):
        store.take(attempt())


def test_a_day_later_all_is_forgotten(store, redis):
    store.take(attempt())
    (key,) = redis.keys("once:*")
    assert 0 < redis.ttl(key) <= 60
