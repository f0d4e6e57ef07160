"""That there was a job is known for a week, to its tenant, in a few bytes."""

import pytest
import redis as redis_py

from shared.ids import new_id
from shared.jobs.job import JobError, Status, Step
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore
from shared.jobs.results import InputFacts
from shared.spec.job import JobSpec, Stage

A_WEEK = 7 * 86_400
FLAT = 512
"""Numbers that Redis keeps in one array."""


@pytest.fixture
def archive(redis, times):
    return RedisJobArchive(redis, times)


@pytest.fixture
def forgotten(store, archive, picture: InputFacts):
    """Make a job, and delete it."""

    def forgotten(tenant="local"):
        job_id = new_id("job")
        archive.forget(store.create(job_id, tenant, JobSpec(), picture, "req_1").job)
        return job_id

    return forgotten


@pytest.fixture
def real(real_redis):
    with redis_py.Redis(unix_socket_path=real_redis, decode_responses=True) as connection:
        connection.flushdb()
        yield connection


def sets(redis):
    return set(redis.scan_iter("gone:*"))


def test_a_deleted_job_is_known_to_its_tenant_alone(archive, forgotten):
    job_id = forgotten()
    assert archive.was_deleted("local", job_id)
    assert not archive.was_deleted("other", job_id)


def test_a_job_that_never_was_is_not_known(archive, forgotten):
    forgotten()
    assert not archive.was_deleted("local", new_id("job"))


def test_nothing_else_is_left(archive, forgotten, redis):
    forgotten()
    assert not redis.exists("jobs:local", "expiring")
    assert not list(redis.scan_iter("job:*"))


def test_a_thousand_jobs_are_all_known_and_no_set_outgrows_an_array(archive, forgotten, redis):
    """Beyond 512 numbers Redis makes a set a table, of nine times the size."""
    ids = [forgotten() for _ in range(1000)]
    assert all(archive.was_deleted("local", job_id) for job_id in ids)
    sizes = [redis.scard(name) for name in sets(redis)]
    assert max(sizes) == FLAT
    assert sum(sizes) == len(ids)
    assert len(sizes) <= 1 + 16


def test_each_is_known_for_a_week_after_it_was_deleted_itself(archive, forgotten, redis):
    """The widest set, full first, is the first to go: what no longer fitted into it stays."""
    early = [forgotten() for _ in range(FLAT)]
    [wide] = sets(redis)
    assert A_WEEK - 60 < redis.ttl(wide) <= A_WEEK
    redis.expire(wide, 60)
    later = [forgotten() for _ in range(40)]
    assert redis.ttl(wide) <= 60
    assert all(A_WEEK - 60 < redis.ttl(name) <= A_WEEK for name in sets(redis) - {wide})
    redis.delete(wide)
    assert all(archive.was_deleted("local", job_id) for job_id in later)
    assert not any(archive.was_deleted("local", job_id) for job_id in early)


def test_who_comes_back_to_a_set_prolongs_it(forgotten, redis):
    forgotten()
    [only] = sets(redis)
    redis.expire(only, 60)
    forgotten()
    assert redis.ttl(only) > A_WEEK - 60


def test_a_job_that_was_queued_again_meanwhile_stays(archive, store, picture):
    job_id = new_id("job")
    store.create(job_id, "local", JobSpec(), picture, "req_1")
    claim = store.claim(Step(job_id, Stage.SEGMENT))
    store.fail(claim, JobError("no_subject", "", "", Stage.SEGMENT, retryable=False))
    over = store.get(job_id)
    archive.retry(job_id)
    archive.forget(over)
    assert store.get(job_id).status is Status.QUEUED
    assert not archive.was_deleted("local", job_id)


def test_two_keepers_may_delete_the_same_job(archive, store, picture):
    job = store.create(new_id("job"), "local", JobSpec(), picture, "req_1").job
    archive.forget(job)
    archive.forget(job)
    assert archive.was_deleted("local", job.id)


def test_what_an_older_release_remembered_is_known_until_its_time_is_over(archive, redis):
    redis.set("gone:job_1", "local")
    assert archive.was_deleted("local", "job_1")
    assert not archive.was_deleted("other", "job_1")


@pytest.mark.integration
@pytest.mark.parametrize("count", [10, 500, 600, 3000])
def test_a_job_takes_less_than_a_hundred_bytes(real, times, picture, count):
    store, archive = RedisJobStore(real, times), RedisJobArchive(real, times)
    for _ in range(count):
        archive.forget(store.create(new_id("job"), "local", JobSpec(), picture, "req_1").job)
    taken = sum(real.memory_usage(name) for name in sets(real))
    assert taken < 100 * count
