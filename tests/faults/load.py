"""Sixty-four small jobs over all stages, what each must come to, and the verdict once the dust has settled."""

import io
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pprint import pformat

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from shared.jobs.job import Status
from shared.spec.job import Stage
from tests.faults.installation import Installation, Outcome

STAGES = tuple(Stage)
JOBS = 64
IN_FLIGHT = 50
"""So many jobs, at least, are open when a fault strikes."""
_SOON = 6
"""So many may end between two looks."""


@dataclass(frozen=True)
class Kind:
    """Jobs that must all come to the same."""

    name: str
    spec: dict
    path: str = ""
    """Path of the picture on the test's own picture server; empty: it is posted."""
    is_black: bool = False


EFFECTS = [{"type": "outline"}, {"type": "drop_shadow"}, {"type": "background", "color": "#00ff00"}]
KINDS = (
    Kind("plain", {}),
    Kind("bulk", {"priority": "bulk"}),
    Kind("effects", {"effects": EFFECTS, "output": {"format": "jpeg"}}),
    Kind("matte", {"output": {"format": "webp", "include_matte": True}}),
    Kind("upscale", {"upscale": {"scale": 2}}),
    Kind("upscale_bulk", {"upscale": {"scale": 2}, "effects": EFFECTS[:1], "priority": "bulk"}),
    Kind("url", {}, path="/photo.png"),
    Kind("url_bulk", {"priority": "bulk", "upscale": {"scale": 1.5}}, path="/photo.png"),
    Kind("no_subject", {"output": {"on_empty": "fail"}}, is_black=True),
    Kind("gone", {}, path="/gone.png"),
)
OFTEN = KINDS[:8]
SERIALS = itertools.count(1)


def photo(kind: Kind, serial: int = 0) -> bytes:
    """A bright disc on a dark ground; nothing but the ground where there is to be no subject.

    Each serial number gives a file of its own with the same pixels: what one job made helps no other.
    """
    image = Image.new("RGB", (64, 48), (20, 30, 60))
    if not kind.is_black:
        ImageDraw.Draw(image).ellipse((16, 8, 48, 40), fill=(250, 220, 40))
    buffer, words = io.BytesIO(), PngInfo()
    words.add_text("serial", str(serial))
    image.save(buffer, "PNG", pnginfo=words)
    return buffer.getvalue()


def job_state(kind: str) -> str:
    """The state that an event tells of."""
    return kind.removeprefix("job.")


@dataclass
class Verdict:
    """What a fault did to a load; all but the first and the last are to be zero."""

    in_flight: int
    stages: dict[str, int]
    lost: int = 0
    duplicated: int = 0
    stuck: int = 0
    wrong: list[str] = field(default_factory=list)
    recovery_seconds: float = 0.0
    suspects: dict[str, list[str]] = field(default_factory=dict)
    """What the processes logged of each job that is wrong or has files too many."""

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.stuck or self.wrong)

    def in_full(self) -> str:
        """For a reader: a failed assertion would cut the short form."""
        return pformat(asdict(self), width=200)


class Load:
    """The jobs of one trial on an installation."""

    def __init__(self, installation: Installation, seed: int, expected: dict[str, Outcome]) -> None:
        self.installation = installation
        self._expected = expected
        self._random = random.Random(seed)
        self.kinds: dict[str, Kind] = {}
        """By job."""
        self.cancelled: dict[str, str] = {}
        """What the API answered to a cancel, by job."""
        self._failing: dict[str, str] = {}
        self._struck_at = time.monotonic()
        self._in_flight, self._stages = 0, Counter[str]()

    def submit(self, count: int = JOBS) -> "Load":
        """Hand in jobs over HTTP while the workers hold still."""
        kinds = [self._random.choice(OFTEN) for _ in range(count - 4)] + [*KINDS[8:]] * 2
        self._random.shuffle(kinds)
        self.installation.points.arm("hold", "")
        with ThreadPoolExecutor(8) as pool:
            for job_id, kind in zip(pool.map(self.submit_one, kinds), kinds, strict=True):
                self.kinds[job_id] = kind
        return self

    def submit_one(self, kind: Kind) -> str:
        serial = next(SERIALS)
        return self.installation.submit(photo(kind, serial), kind.spec, kind.path and f"{kind.path}?{serial}")

    def spread(self) -> "Load":
        """Let the workers go until jobs stand in three stages at least and the first have gone on, or most that may
        have ended have.
        """
        assert len(self.open_steps()) >= IN_FLIGHT
        self.installation.points.disarm("hold")
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            self.strike()
            if len(self._stages) >= 3 and self._stages["render"] >= 3:
                break
            if (
                self._in_flight <= IN_FLIGHT + _SOON
            ):  # who goes on by itself leaves few before their last stage
                break
            time.sleep(0.01)
        assert self._in_flight >= IN_FLIGHT, self._stages
        return self

    def strike(self) -> None:
        """Remember what is in flight now: the fault begins."""
        steps = self.open_steps()
        self._in_flight = len(steps)
        self._stages = Counter(step.partition("/")[0] for step in steps.values())
        self.restart_clock()

    def restart_clock(self) -> None:
        """Recovery is counted from here: the fault has ended."""
        self._struck_at = time.monotonic()

    def open_steps(self) -> dict[str, str]:
        """The step of each open job, by the store's own index."""
        members = self.installation.records.zrange("sched", 0, -1)
        steps = dict(member.split(" ", 1) for member in members)
        return {job_id: step for job_id, step in steps.items() if job_id in self.kinds}

    def expect_failure(self, job_id: str, code: str) -> None:
        """This job is the fault's victim and fails with `code`."""
        self._failing[job_id] = code

    def cancel(self, job_id: str) -> None:
        answer = self.installation.http.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()
        self.cancelled[job_id] = answer.json()["status"]

    def verdict(self, seconds: float = 60) -> Verdict:
        """Wait until every job has ended, then compare each with the undisturbed run."""
        give_up = time.monotonic() + seconds
        while (statuses := self._statuses()) and time.monotonic() < give_up:
            if all(status is None or Status(status).is_final for status in statuses.values()):
                break
            time.sleep(0.05)
        found = Verdict(self._in_flight, dict(self._stages))
        found.recovery_seconds = round(time.monotonic() - self._struck_at, 1)
        found.lost = sum(status is None for status in statuses.values())
        ended = [job_id for job_id, status in statuses.items() if status and Status(status).is_final]
        found.stuck = len(statuses) - len(ended) - found.lost
        self._wait_until_told(ended)
        for job_id in ended:
            flaws = len(found.wrong) + found.duplicated
            self._judge(job_id, found)
            if len(found.wrong) + found.duplicated > flaws:
                found.suspects[job_id] = self.installation.logged(job_id)
            found.wrong.extend(self._wrongly_told(job_id))
        found.wrong.extend(self.installation.listener.mistakes)
        found.duplicated += self._committed_twice()
        return found

    def _wait_until_told(self, ended: list[str]) -> None:
        """What a sender had taken when it died, it or another takes again after its lease, 7 s."""
        give_up = time.monotonic() + 40
        while time.monotonic() < give_up and any(self._untold(job_id) for job_id in ended):
            time.sleep(0.1)

    def _untold(self, job_id: str) -> set[str]:
        """The states that a job has reached and nobody heard of."""
        return self._reached(job_id) - self.installation.listener.told_of(job_id).keys()

    def _reached(self, job_id: str) -> set[str]:
        job = self.installation.store.get(job_id)
        return {f"job.{job.status}"} | ({"job.started"} if job.started_at else set())

    def _wrongly_told(self, job_id: str) -> Iterator[str]:
        """Each state that was reached is told at least once, and always as the same message; no other is."""
        reached, told = self._reached(job_id), self.installation.listener.told_of(job_id)
        if untold := reached - told.keys():
            yield f"{job_id}: nobody was told of {untold}"
        if never := told.keys() - reached:
            yield f"{job_id}: told of {never}, which it never reached"
        if ends := self.installation.listener.ends_of(job_id) - {job_state(kind) for kind in reached}:
            yield f"{job_id}: a message about its end says {ends}"
        if twice := [kind for kind, ids in told.items() if len(ids) > 1]:
            yield f"{job_id}: {twice} told under several ids"

    def _statuses(self) -> dict[str, str | None]:
        pipeline = self.installation.records.pipeline(transaction=False)
        for job_id in self.kinds:
            pipeline.hget(f"job:{job_id}", "status")
        return dict(zip(self.kinds, pipeline.execute(), strict=True))

    def _judge(self, job_id: str, found: Verdict) -> None:
        outcome = self.installation.outcome(job_id)
        expected = self._expected[self.kinds[job_id].name]
        if job_id in self._failing:
            expected = Outcome("failed", self._failing[job_id], (), expected.objects)
        if job_id in self.cancelled:
            # Cancelled while it ran: never succeeded; found finished already: as it was.
            was = self.cancelled[job_id]
            allowed = {"canceled"} if was in ("queued", "running", "canceled") else {was}
            if outcome.status not in allowed:
                found.wrong.append(f"{job_id}: cancel answered {was}, then {outcome.status}")
        elif replace(outcome, objects=frozenset()) != replace(expected, objects=frozenset()):
            found.wrong.append(f"{job_id} ({self.kinds[job_id].name}): {outcome}")
        found.duplicated += len(outcome.objects - expected.objects)
        damaged = [name for name, shown in outcome.outputs if shown is None]
        found.wrong.extend(f"{job_id}: the stored {name} is not what the record says" for name in damaged)

    def _committed_twice(self) -> int:
        commits = Counter(step for step in self.installation.commits() if step[0] in self.kinds)
        return sum(count > 1 for count in commits.values())
