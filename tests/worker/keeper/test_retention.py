"""Nothing outlives its time, and nothing younger is ever deleted."""

import io
import time
from concurrent.futures import ThreadPoolExecutor

import fakeredis
import pytest

from shared.errors import NotFound, StorageUnavailable
from shared.jobs.job import Step
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts, ModelUsed, OutputFile, Quality, Rendered, Segmented
from shared.spec.job import JobSpec, Stage
from shared.storage.memory import MemoryObjectStore
from worker.keeper import retention
from worker.keeper.retention import delete_expired

TIMES = StoreTimes(60, 60, 0, 3)
MODEL = ModelUsed(name="n", weights_sha256="0", license="MIT", commercial_use=True)


@pytest.fixture
def redis():
    redis = fakeredis.FakeRedis(decode_responses=True)
    yield redis
    redis.close()


@pytest.fixture
def jobs(redis):
    return RedisJobStore(redis, TIMES)


@pytest.fixture
def archive(redis):
    return RedisJobArchive(redis, TIMES)


@pytest.fixture
def objects():
    return MemoryObjectStore()


@pytest.fixture
def put(objects):
    def put(key):
        objects.put(key, io.BytesIO(b"x"), content_type="image/png")
        return key

    return put


@pytest.fixture
def done(jobs, put):
    """A job that has succeeded, with its files."""

    def done(job_id, matte=None):
        own = f"t/local/{job_id}"
        picture = InputFacts(
            key=put(f"{own}/input"), width=1, height=1, bytes=1, content_type="image/png", sha256="0"
        )
        jobs.create(job_id, "local", JobSpec(), picture, "req_1")
        matte = matte or put(f"{own}/matte-{'0' * 16}.png")
        made = Segmented(matte_key=matte, model=MODEL, quality=Quality(coverage=1, confidence=1))
        jobs.commit(jobs.claim(Step(job_id, Stage.SEGMENT)), made, 1)
        file = OutputFile(
            name="image", model="n", key=put(f"{own}/image-{'1' * 16}.png"), content_type="image/png",
            width=1, height=1, bytes=1, sha256="0",
        )  # fmt: skip
        jobs.commit(jobs.claim(Step(job_id, Stage.RENDER)), Rendered(outputs=(file,)), 1)

    return done


@pytest.fixture
def expire(redis):
    """Let so many milliseconds pass until now for a job's end."""

    def expire(job_id, ago_ms=1):
        seconds, micros = redis.time()
        redis.zadd("expiring", {job_id: seconds * 1000 + micros // 1000 - ago_ms})

    return expire


def keys(objects):
    return set(objects._objects)


def test_a_job_past_its_time_goes_with_all_its_files(done, expire, archive, objects, jobs):
    done("job_old")
    done("job_young")
    young = {key for key in keys(objects) if "job_young" in key}
    expire("job_old")

    assert delete_expired(archive, objects) is False

    assert keys(objects) == young
    assert len(young) == 3
    with pytest.raises(NotFound):
        jobs.get("job_old")
    assert jobs.get("job_young")
    assert archive.was_deleted("local", "job_old")


def test_a_moment_too_early_nothing_goes(done, expire, archive, objects):
    done("job_1")
    expire("job_1", ago_ms=-200)
    delete_expired(archive, objects)
    assert len(keys(objects)) == 3


def test_files_that_are_not_the_job_s_own_stay(done, expire, archive, objects, put):
    other = put("t/local/job_other/matte-0000000000000000.png")
    done("job_1", matte=other)
    expire("job_1")
    delete_expired(archive, objects)
    assert keys(objects) == {other}


def test_page_by_page(done, expire, archive, objects, monkeypatch):
    monkeypatch.setattr(retention, "_PAGE", 50)
    for number in range(60):
        done(f"job_{number:02}")
        expire(f"job_{number:02}")
    assert delete_expired(archive, objects) is True
    assert delete_expired(archive, objects) is False
    assert keys(objects) == set()


@pytest.fixture
def slow(objects, monkeypatch):
    """Storage that takes a while to list what lies under a key; gives the keys."""
    asked, under = [], objects.under

    def listed(prefix):
        asked.append(prefix)
        time.sleep(0.05)
        return under(prefix)

    monkeypatch.setattr(objects, "under", listed)
    return asked


@pytest.fixture
def old(done, expire):
    for number in range(48):
        done(f"job_{number:02}")
        expire(f"job_{number:02}")


def test_jobs_are_deleted_side_by_side_since_each_waits_for_storage(old, slow, archive, objects):
    started = time.monotonic()
    delete_expired(archive, objects)
    assert time.monotonic() - started < len(slow) * 0.05 / 2
    assert keys(objects) == set()


def test_two_keepers_share_what_there_is_to_delete(old, slow, archive, objects):
    with ThreadPoolExecutor(2) as keepers:
        for done in [keepers.submit(delete_expired, archive, objects) for _ in range(2)]:
            done.result()
    assert keys(objects) == set()
    assert 48 <= len(slow) < 80, "in the same order each would be asked for twice"


def test_what_storage_does_not_delete_now_is_found_again(done, expire, archive, objects, jobs):
    done("job_1")
    expire("job_1")
    objects.is_down = True
    with pytest.raises(StorageUnavailable):
        delete_expired(archive, objects)
    assert jobs.get("job_1")
    objects.is_down = False
    delete_expired(archive, objects)
    assert keys(objects) == set()


def test_a_job_that_still_runs_is_cancelled_and_goes_when_its_stage_has_ended(
    jobs, archive, objects, put, expire
):
    picture = InputFacts(
        key=put("t/local/job_1/input"), width=1, height=1, bytes=1, content_type="image/png", sha256="0"
    )
    jobs.create("job_1", "local", JobSpec(), picture, "req_1")
    claim = jobs.claim(Step("job_1", Stage.SEGMENT))
    expire("job_1")
    delete_expired(archive, objects)
    assert len(keys(objects)) == 1
    jobs.release(claim)
    delete_expired(archive, objects)
    assert keys(objects) == set()


def test_a_job_that_somebody_deletes_meanwhile_stops_no_keeper(jobs, archive, objects, expire, monkeypatch):
    jobs.create("job_1", "local", JobSpec(), None, "req_1")
    expire("job_1")
    delete = archive.delete

    def delete_too_late(job_id):
        delete(job_id)
        archive.forget(jobs.get(job_id))
        delete(job_id)

    monkeypatch.setattr(archive, "delete", delete_too_late)
    assert delete_expired(archive, objects) is False


def test_a_record_of_another_version_holds_up_no_other(done, expire, archive, objects, redis):
    for job_id in ("job_1", "job_2"):
        done(job_id)
        expire(job_id)
    redis.hset("job:job_1", "spec", '{"a_field_of_tomorrow": 1}')
    delete_expired(archive, objects)
    assert {key.split("/")[2] for key in keys(objects)} == {"job_1"}
    assert archive.expired(10) == []  # not again at once
    assert redis.zscore("expiring", "job_1")


def test_a_job_that_was_queued_again_meanwhile_stays(done, expire, archive, objects, jobs, redis):
    done("job_1")
    expire("job_1")
    found = archive.expired(1)
    redis.hincrby("job:job_1", "version", 1)

    class Stale:
        expired = staticmethod(lambda limit: found)
        glance = staticmethod(archive.glance)

    assert delete_expired(Stale(), objects) is False
    assert len(keys(objects)) == 3
    assert jobs.get("job_1")


def test_what_a_lost_attempt_wrote_goes_with_its_job(done, expire, archive, objects, put):
    done("job_1")
    put(f"t/local/job_1/image-{'f' * 16}.png")
    stays = put(f"t/local/job_11/image-{'f' * 16}.png")
    expire("job_1")
    delete_expired(archive, objects)
    assert keys(objects) == {stays}
