"""A pass of the feeder."""

import io

import fakeredis
import pytest

from shared.batches.batch import BatchStatus
from shared.batches.lines import LineWriter, StoredLine, StoredLines
from shared.batches.redis_store import RedisBatchStore
from shared.errors import StorageUnavailable
from shared.jobs.passes import FEEDER, RedisPasses
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.queue.memory_queue import MemoryJobQueue
from shared.settings import Settings
from shared.spec.job import JobSpec, Stage
from shared.storage.keys import batch_lines_key
from shared.storage.memory import MemoryObjectStore
from worker.feeder.__main__ import run
from worker.feeder.feed import Feeder

BATCH = "bat_01jd0000000123456789abcdef"
SPEC = JobSpec.model_validate({"input": {"url": "https://example.com/a.png"}, "priority": "bulk"})


@pytest.fixture
def redis():
    redis = fakeredis.FakeRedis(decode_responses=True)
    yield redis
    redis.close()


@pytest.fixture
def feeder(redis):
    return Feeder(
        RedisBatchStore(redis, 3600),
        StoredLines(MemoryObjectStore()),
        RedisJobStore(redis, StoreTimes.of(Settings())),
        MemoryJobQueue(),
        window=2,
    )


@pytest.fixture
def batch(feeder):
    """Three lines that wait."""
    writer = LineWriter(feeder.lines._objects, "local", BATCH)
    for number in (1, 2, 3):
        writer.write(StoredLine(number, None, SPEC.model_dump_json()))
    writer.flush()
    feeder.batches.begin(BATCH, "local", "req_1")
    return feeder.batches.accept(BATCH, "www", [])


def test_lines_become_jobs_up_to_the_window(feeder, batch):
    assert feeder.feed() == 2
    assert feeder.feed() == 0
    assert feeder.batches.states(BATCH) == "qqw"
    assert [ring.step.stage for ring in feeder.queue.rings] == [Stage.INGEST] * 2
    job = feeder.jobs.get(feeder.queue.rings[0].step.job_id)
    assert (job.spec, job.request_id) == (SPEC, "req_1")


def test_a_cancelled_batch_s_open_jobs_are_cancelled(feeder, batch):
    feeder.feed()
    feeder.batches.cancel(BATCH)
    feeder.tidy()
    assert feeder.batches.states(BATCH) == "ccc"
    assert feeder.batches.get(BATCH).status is BatchStatus.CANCELED


def test_lines_that_storage_has_lost_fail_and_stop_nobody(feeder, batch):
    feeder.lines.delete("local", BATCH, 1)
    feeder.feed()
    feeder.feed()
    assert feeder.batches.get(BATCH).status is BatchStatus.FAILED


def test_damaged_lines_fail_and_stop_nobody(feeder, batch):
    key = batch_lines_key("local", BATCH, 0)
    whole = feeder.lines._objects.open(key).read()
    feeder.lines._objects.put(key, io.BytesIO(whole[:-9]), content_type="application/gzip")
    feeder.feed()
    feeder.feed()
    assert feeder.batches.get(BATCH).status is BatchStatus.FAILED


def test_lines_wait_while_storage_is_down(feeder, batch, monkeypatch):
    def down(_key):
        raise StorageUnavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(feeder.lines._objects, "open", down)
        assert feeder.feed() == 0
    assert feeder.batches.states(BATCH) == "www"
    assert feeder.feed() == 2


def test_lines_are_deleted_with_their_batch(feeder, batch, redis):
    redis.hset(f"batch:{BATCH}", "retention_ms", -1)
    feeder.batches.cancel(BATCH)
    feeder.tidy()
    assert feeder.lines._objects._objects == {}
    assert feeder.batches.get(BATCH).status is BatchStatus.EXPIRED


class Once:
    """Told to stop after one pass."""

    def __init__(self):
        self._answers = iter((False, True))

    def wait(self, seconds):
        return next(self._answers)


def test_a_pass_is_reported(feeder, batch, redis):
    passes = RedisPasses(redis, FEEDER)
    run(feeder, passes, Settings(), Once())
    assert passes.seconds_since()["feed"] < 5


def test_a_pass_that_storage_ends_is_reported_all_the_same(feeder, batch, redis, monkeypatch):
    monkeypatch.setattr(Feeder, "tidy", lambda self: (_ for _ in ()).throw(StorageUnavailable("")))
    passes = RedisPasses(redis, FEEDER)
    run(feeder, passes, Settings(), Once())
    assert passes.seconds_since()["feed"] < 5
