"""A dry run names what would go, and touches nothing."""

import io
import os
import time

import fakeredis
import pytest

from shared.ids import new_id
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.storage.keys import input_key
from shared.storage.opening import open_store
from worker.keeper import dry_run as room
from worker.keeper.dry_run import dry_run

OLD_SECONDS = 30 * 86_400


@pytest.fixture
def redis(monkeypatch):
    redis = fakeredis.FakeRedis(decode_responses=True)
    monkeypatch.setattr(room, "connect", lambda url: redis)
    yield redis
    redis.close()


def test_it_names_jobs_and_orphans_and_leaves_them(redis, tmp_path, caplog):
    settings = Settings(data_dir=tmp_path)
    objects = open_store(settings)
    over, orphan, young = new_id("job"), new_id("job"), new_id("job")
    for job_id in (over, orphan, young):
        objects.put(input_key("local", job_id), io.BytesIO(b"x"), content_type="image/png")
    long_ago = time.time() - OLD_SECONDS
    for job_id in (over, orphan):
        os.utime(tmp_path / "objects" / input_key("local", job_id), (long_ago, long_ago))
    picture = InputFacts(
        key=input_key("local", over), width=1, height=1, bytes=1, content_type="image/png", sha256="0"
    )
    RedisJobStore(redis, StoreTimes(60, 60, 0, 3)).create(over, "local", JobSpec(), picture, "req_1")
    redis.hset(f"job:{over}", "status", "failed")
    redis.zadd("expiring", {over: 1})
    before = {key: redis.dump(key) for key in redis.scan_iter()}

    assert dry_run(settings) == 2

    assert all(objects.stat(input_key("local", job_id)) for job_id in (over, orphan, young))
    assert {key: redis.dump(key) for key in redis.scan_iter()} == before
