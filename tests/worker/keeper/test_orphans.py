"""What belongs to nobody goes after a safe time; what belongs to somebody, or is young, never does."""

import io
from datetime import UTC, datetime, timedelta

import fakeredis
import pytest

from shared.errors import StorageUnavailable
from shared.ids import new_id
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.storage.keys import batch_lines_key, input_key, stage_key
from shared.storage.memory import MemoryObjectStore
from shared.storage.redis_owners import RedisOwners
from shared.uploads.redis_store import RedisUploadStore
from shared.uploads.store import Upload
from worker.keeper import orphans as room
from worker.keeper.orphans import Orphans, safe_age

AGE = timedelta(days=2)


@pytest.fixture
def redis():
    redis = fakeredis.FakeRedis(decode_responses=True)
    yield redis
    redis.close()


@pytest.fixture
def objects():
    return MemoryObjectStore()


@pytest.fixture
def put(objects):
    """Store something that was written so long ago."""

    def put(key, age=AGE + timedelta(minutes=1)):
        objects.put(key, io.BytesIO(b"x"), content_type="image/png")
        objects._stored_at[key] = datetime.now(UTC) - age
        return key

    return put


@pytest.fixture
def orphans(objects, redis):
    return Orphans(objects, RedisOwners(redis), AGE)


def keys(objects):
    return set(objects._objects)


def test_what_has_no_record_goes(orphans, objects, put):
    put(input_key("local", new_id("job")))
    put(stage_key("acme", new_id("job"), "matte", "0" * 16, "png"))
    put(input_key("local", new_id("upl")))
    put(batch_lines_key("local", new_id("bat"), 0))
    assert orphans.sweep() is False
    assert keys(objects) == set()


def test_what_is_young_stays_though_it_has_no_record(orphans, objects, put):
    """Its record may be made in a moment, or Redis may come back from its backup."""
    young = put(input_key("local", new_id("job")), age=AGE - timedelta(minutes=1))
    orphans.sweep()
    assert keys(objects) == {young}


def test_what_has_a_record_stays_however_old(orphans, objects, put, redis):
    job_id, upload_id, batch_id = new_id("job"), new_id("upl"), new_id("bat")
    RedisJobStore(redis, StoreTimes(60, 60, 0, 3)).create(job_id, "local", JobSpec(), None, "req_1")
    key = input_key("local", upload_id)
    RedisUploadStore(redis).add(Upload(upload_id, "local", key, "image/png", 1, None, 0), keep_until=1)
    redis.hset(f"batch:{batch_id}", "id", batch_id)
    kept = {
        put(input_key("local", job_id), age=timedelta(days=30)),
        put(key, age=timedelta(days=30)),
        put(batch_lines_key("local", batch_id, 0), age=timedelta(days=30)),
    }
    orphans.sweep()
    assert keys(objects) == kept


@pytest.mark.parametrize(
    "key", ["t/local/job_1/input", "t/local/readme", "else/local/job_1/input", "t/a/b/c/d"]
)
def test_what_is_laid_out_otherwise_is_none_of_its_business(orphans, objects, put, key):
    put(key)
    orphans.sweep()
    assert keys(objects) == {key}


def test_page_by_page_and_then_from_the_beginning(orphans, objects, put, monkeypatch):
    monkeypatch.setattr(room, "PAGE", 10)
    for _ in range(25):
        put(input_key("local", new_id("job")))
    assert [orphans.sweep() for _ in range(3)] == [True, True, False]
    assert keys(objects) == set()
    put(input_key("local", new_id("job")))
    assert orphans.sweep() is False
    assert keys(objects) == set()


def test_an_outage_begins_it_anew(orphans, objects, put, monkeypatch):
    monkeypatch.setattr(room, "PAGE", 10)
    for _ in range(25):
        put(input_key("local", new_id("job")))
    orphans.sweep()
    objects.is_down = True
    with pytest.raises(StorageUnavailable):
        orphans.sweep()
    objects.is_down = False
    while orphans.sweep():
        pass
    assert keys(objects) == set()


def test_the_safe_age_outlasts_whatever_lives_by_itself():
    assert safe_age(Settings(retention_seconds=60)) >= timedelta(days=1)
    assert safe_age(Settings(retention_seconds=10 * 86_400)) == timedelta(days=20)
