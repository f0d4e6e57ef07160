"""An installation with two workers, supervised, whose processes have points where faults may be armed."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shared.errors import AppError
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import OutputFile
from shared.records import connect
from shared.settings import Settings
from shared.storage.keys import job_prefix
from shared.storage.opening import open_store
from tests.faults.listener import Listener
from tests.integration.points import Points
from tests.integration.stack import Stack, Supervisor, until

LEASE_SECONDS = 5
MAX_ATTEMPTS = 4
DEADLINE_SECONDS = 4
GRACE_SECONDS = 20
"""How long a process may take to end after SIGTERM."""
WORKERS = ("worker", "worker2")


@dataclass(frozen=True)
class Outcome:
    """What became of a job, as far as it may not depend on chance."""

    status: str
    code: str | None
    outputs: tuple[tuple[str, str | None], ...]
    """Name, and what the file shows; None where storage does not hold what the record says."""
    objects: frozenset[str] = frozenset()
    """Names of the job's files, which hold a hash of what made them."""


def shown_by(data: bytes) -> str:
    """A hash of a file; of a PNG's pixels, which ISA-L packs otherwise once in some thousand times."""
    if not data.startswith(b"\x89PNG"):
        return hashlib.sha256(data).hexdigest()
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return hashlib.sha256(repr((pixels.shape, pixels.dtype)).encode() + pixels.tobytes()).hexdigest()


class Installation(Stack):
    """Redis, two processes of the API, keeper, webhooks and two workers; those that are supervised come back."""

    wsgi = "tests.integration.stand_in_api:app"
    sender = "tests.integration.stand_in_webhooks"

    def __init__(
        self,
        folder: Path,
        pictures: str,
        environments: dict[str, dict[str, str]] | None = None,
        **settings: str,
    ) -> None:
        self.points = Points(folder / "points")
        self._pictures = pictures
        self._environments = environments or {}
        # One worker goes on with what it began, the other hands every stage over: each breaks in its own places.
        self._chaining = WORKERS[:1]
        super().__init__(
            folder,
            CUTROOM_LEASE_SECONDS=str(LEASE_SECONDS),
            CUTROOM_HEARTBEAT_SECONDS="1",
            CUTROOM_REDELIVER_SECONDS="3",
            CUTROOM_MAX_ATTEMPTS=str(MAX_ATTEMPTS),
            CUTROOM_STAGE_DEADLINE_SECONDS=str(DEADLINE_SECONDS),
            CUTROOM_LOG_FORMAT="json",
            CUTROOM_URL_ALLOWLIST='["127.0.0.1"]',
            CUTROOM_ALLOW_HTTP_URLS="true",
            CUTROOM_HEARTBEAT_FILE="",
            CUTROOM_WEBHOOK_SECONDS="1",
            STAND_IN_FAULTS=str(folder / "points"),
            STAND_IN_SECONDS="0.05",
            **settings,
        )
        self.supervisor = Supervisor(self, "web", "keeper", "webhooks", *WORKERS)
        named = {name.removeprefix("CUTROOM_").lower(): value for name, value in self.settings.items()}
        known = {name: value for name, value in named.items() if name in ("data_dir", "storage_url")}
        s3 = {name: value for name, value in named.items() if name.startswith("s3_")}
        self.objects = open_store(Settings(**known, **s3))
        self._client = connect(self.settings["CUTROOM_REDIS_URL"])
        self.listener = Listener()
        self.store = RedisJobStore(self._client, StoreTimes.of(Settings()))

    def up(self, **extra: str) -> "Installation":
        super().up(**extra)
        self.start("worker2")
        self.start("webhooks")
        self.listener.register(self.http)
        self.supervisor.__enter__()
        until(lambda: len(self.records.keys("worker:*")) >= 2, 30, "two workers")
        return self

    @contextmanager
    def running(self):
        """Up, and down again."""
        try:
            yield self.up()
        finally:
            self.down()

    def start(self, name: str, **extra: str):
        chaining = {"CUTROOM_CHAIN_STAGES": str(name in self._chaining).lower()} if name in WORKERS else {}
        return super().start(name, **extra, **chaining, **self._environments.get(name, {}))

    @contextmanager
    def handing_over(self):
        """Neither worker goes on by itself meanwhile: every stage is rung."""
        self._restart_worker(chaining=())
        yield
        self._restart_worker(chaining=WORKERS[:1])

    def _restart_worker(self, *, chaining: tuple[str, ...]) -> None:
        self._chaining = chaining
        with self.supervisor.leaving(WORKERS[0]):
            self.stop(WORKERS[0], GRACE_SECONDS)
            self.start(WORKERS[0])
        mine = f"-{self.processes[WORKERS[0]].pid}"
        until(lambda: any(key.endswith(mine) for key in self.records.keys("worker:*")), 30, "the worker")

    def store_ids(self) -> list[str]:
        """Every job there is."""
        return [key.removeprefix("job:") for key in self.records.scan_iter("job:*", count=1000)]

    def down(self) -> None:
        self._client.close()
        self.supervisor.__exit__()
        super().down()
        self.listener.close()

    def submit(self, picture: bytes, spec: dict, path: str = "") -> str:
        if path:
            body = {**spec, "input": {"url": f"{self._pictures}{path}"}}
            answer = self.http.post("/v1/jobs", json=body)
        else:
            files = {"image": ("photo.png", picture), "spec": (None, json.dumps(spec))}
            answer = self.http.post("/v1/jobs", files=files)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def outcome(self, job_id: str) -> Outcome:
        job = self.store.get(job_id)
        outputs = tuple((output.name, self._shown_by(output)) for output in job.outputs)
        code = job.error.code if job.error else None
        return Outcome(str(job.status), code, outputs, frozenset(self.objects_of(job_id)))

    def _shown_by(self, output: OutputFile) -> str | None:
        try:
            with self.objects.open(output.key) as body:
                data = body.read()
        except AppError:
            return None
        return shown_by(data) if hashlib.sha256(data).hexdigest() == output.sha256 else None

    def objects_of(self, job_id: str) -> Iterator[str]:
        """Names of the job's files; a result is named by what it shows."""
        for stored in self.objects.under(job_prefix("local", job_id)):
            path = Path(stored.key)
            kind, _, own = path.stem.rpartition("-")
            with self.objects.open(stored.key) as body:
                data = body.read()
            is_result = own and hashlib.sha256(data).hexdigest().startswith(own)
            yield f"{kind}-{shown_by(data)}" if is_result else path.name

    def drafts(self) -> set[str]:
        """Files half written; processes that were killed leave theirs."""
        folder = self.folder / "objects" / ".drafts"
        return {path.name for path in folder.iterdir()} if folder.exists() else set()

    def commits(self) -> Iterator[tuple[str, str]]:
        """Job and step of every commit that a worker reported."""
        for event in self.events("stage_done"):
            yield event["job_id"], event["step"]

    def events(self, name: str) -> Iterator[dict]:
        """Log lines of the workers and keepers with this event."""
        for log in self.folder.glob("*.log"):
            for line in log.read_text(errors="replace").splitlines():
                if f'"{name}"' in line and line.startswith("{"):
                    yield json.loads(line)

    def logged(self, job_id: str) -> list[str]:
        """All that the processes logged of a job."""
        logs = ((log.stem, log.read_text(errors="replace")) for log in self.folder.glob("*.log"))
        return [f"{name}: {line}" for name, text in logs for line in text.splitlines() if job_id in line]

    def settled(self, seconds: float = 30) -> None:
        """Nothing waits, nothing is owed: no deadline, no place in a queue, no message unacknowledged."""
        until(
            lambda: self.records.zcard("sched") == 0, seconds, f"sched {self.records.zrange('sched', 0, 5)}"
        )
        for priority in ("interactive", "bulk"):
            assert self.records.zcard(f"waiting:{priority}") == 0
        until(lambda: not self.waiting_messages(), seconds, f"queues {self.waiting_messages()}")
        until(lambda: self.broker.hlen("unacked") == 0, seconds, "unacked")

    def waiting_messages(self) -> dict[str, int]:
        lanes = [
            f"{lane}.{priority}" for lane in ("gpu", "cpu", "io") for priority in ("interactive", "bulk")
        ]
        return {lane: count for lane in lanes if (count := self.broker.llen(lane))}

    def healthy(self) -> None:
        """Everything runs again: for the next trial."""
        self.points.clear()
        until(lambda: self.http.get("/readyz").status_code == 200, 30, "readyz")
        until(lambda: len(self.records.keys("worker:*")) >= 2, 30, "two workers")
