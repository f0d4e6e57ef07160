"""Jobs at rest in Redis: `jobs:<tenant>` sorts their ids, `expiring` their ends; `gone:…` remembers a few."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import cast

import structlog
from redis import Redis

from shared.errors import NotFound
from shared.jobs.archive import Glance, JobPage, JobQuery, Standing
from shared.jobs.job import Job, Ring, Status
from shared.jobs.record import job_from_hash
from shared.jobs.redis_store import StoreTimes, bare_script, job_key, job_script, milliseconds, rings_of
from shared.jobs.tombstones import REMEMBERED_SECONDS, Tombstone
from shared.jobs.watching import Listening, RedisChanges
from shared.records import translated
from shared.spec.job import Priority

_log = structlog.get_logger(__name__)

_MOST_LOOKED_AT = 5000
_UNREADABLE_MS = 86_400_000
"""How long a record is let be that this version of the code cannot read."""


class RedisJobArchive:
    """JobArchive over Redis."""

    def __init__(self, redis: Redis, times: StoreTimes) -> None:
        self._redis = redis
        self._times = times
        self._listening = Listening(redis)
        self._page, self._retry = job_script(redis, "page"), job_script(redis, "retry")
        self._delete = job_script(redis, "delete")
        self._standing, self._forget = bare_script(redis, "standing"), bare_script(redis, "forget")

    def page(self, query: JobQuery) -> JobPage:
        """See JobArchive."""
        args = [query.before or "", query.limit, _MOST_LOOKED_AT, query.status or "", query.batch_id or ""]
        with translated():
            ids, last_seen = self._page(keys=[f"jobs:{query.tenant}"], args=args)
            return JobPage(tuple(self._records(ids)), last_seen or None)

    def many(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """See JobArchive."""
        return {job.id: job for job in self._records(job_ids)}

    def glance(self, job_id: str) -> Glance | None:
        """See JobArchive."""
        with translated():
            status, version = cast(
                list[str | None], self._redis.hmget(job_key(job_id), ["status", "version"])
            )
        return Glance(Status(status), int(version)) if status and version else None

    def changes(self, job_id: str) -> AbstractContextManager[RedisChanges]:
        """See JobArchive."""
        return self._listening.to_changes(job_id)

    def end(self, job_id: str) -> AbstractContextManager[RedisChanges]:
        """See JobArchive."""
        return self._listening.to_end(job_id)

    def standing(self, job_id: str) -> Standing | None:
        """See JobArchive."""
        with translated():
            seen = self._standing(keys=[job_key(job_id)])
        if seen is None:
            return None
        tenant, status, version, expires_at, position, seconds = seen
        return Standing(
            tenant=tenant,
            status=Status(status),
            version=int(version),
            expires_at=int(expires_at) / 1000,
            queue_position=position or 0,
            seconds_per_job=float(seconds) if seconds else None,
        )

    def waiting(self) -> int:
        """See JobArchive."""
        with translated(), self._redis.pipeline(transaction=False) as both:
            for priority in Priority:
                both.zcard(f"waiting:{priority}")
            return sum(both.execute())

    def retry(self, job_id: str) -> Sequence[Ring] | None:
        """See JobArchive."""
        job = self._known(job_id)
        args = [milliseconds(self._times.redeliver_seconds), milliseconds(job.spec.retention)]
        with translated():
            opened = self._retry(keys=[job_key(job_id)], args=args)
        return None if opened == ["final"] else rings_of(job_id, opened or (), job.priority)

    def delete(self, job_id: str) -> None:
        """See JobArchive."""
        with translated():
            if not self._delete(keys=[job_key(job_id)]):
                raise NotFound(f"no job {job_id}")

    def expired(self, limit: int) -> Sequence[Job]:
        """See JobArchive."""
        with translated():
            seconds, microseconds = self._redis.time()
            now_ms = seconds * 1000 + microseconds // 1000
            ids = cast(list[str], self._redis.zrangebyscore("expiring", "-inf", now_ms, 0, limit))
            found = zip(ids, self._hashes(ids), strict=True)
            jobs = [job for job_id, fields in found if (job := self._at_its_end(job_id, fields, now_ms))]
        for job in jobs:
            if not job.status.is_final:
                with suppress(NotFound):  # its owner, or another keeper, has deleted it meanwhile
                    self.delete(job.id)
        return [job for job in jobs if job.status.is_final]

    def forget(self, job: Job) -> None:
        """See JobArchive."""
        stone = Tombstone.of(job.tenant, job.id)
        args = [job.id, job.tenant, stone.number, milliseconds(REMEMBERED_SECONDS), job.version]
        with translated():
            self._forget(keys=[job_key(job.id), *stone.sets], args=args)

    def was_deleted(self, tenant: str, job_id: str) -> bool:
        """See JobArchive."""
        stone = Tombstone.of(tenant, job_id)
        with translated(), self._redis.pipeline(transaction=False) as looks:
            for name in stone.sets:
                looks.sismember(name, str(stone.number))
            looks.get(f"gone:{job_id}")  # as it was remembered before there were these sets
            *in_sets, alone = looks.execute()
        return any(in_sets) or alone == tenant

    def _at_its_end(self, job_id: str, fields: Mapping[str, str], now_ms: int) -> Job | None:
        """The job, unless it has vanished, or another version of the code has recorded it: then later."""
        if not fields:
            self._redis.zrem("expiring", job_id)
            return None
        try:
            return job_from_hash(fields)
        except (ValueError, KeyError) as error:
            _log.error("record_unreadable", job_id=job_id, reason=type(error).__name__)
            self._redis.zadd("expiring", {job_id: now_ms + _UNREADABLE_MS}, xx=True)
            return None

    def _known(self, job_id: str) -> Job:
        jobs = self._records([job_id])
        if not jobs:
            raise NotFound(f"no job {job_id}")
        return jobs[0]

    def _records(self, ids: Sequence[str]) -> list[Job]:
        with translated():
            return [job_from_hash(fields) for fields in self._hashes(ids) if fields]

    def _hashes(self, ids: Sequence[str]) -> list[dict[str, str]]:
        with self._redis.pipeline(transaction=False) as reads:
            for job_id in ids:
                reads.hgetall(job_key(job_id))
            return cast(list[dict[str, str]], reads.execute())
