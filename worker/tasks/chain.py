"""From one stage of a job to the next: by this worker itself where it serves that stage, else through the queue.

Going on by itself spares a message there and back, and a wait behind the first stages of other jobs. Should the
worker die between two stages, the keeper rings the second, as it does for every message that gets lost.
"""

from collections.abc import Collection, Mapping, Sequence

from shared.jobs.job import Ring, Step
from shared.queue.names import queue_of
from shared.spec.job import Stage
from worker.deps import Deps
from worker.tasks.lease import Heartbeat
from worker.tasks.stage import Work, run_stage


class Chain:
    """Runs a step and what follows it, as far as this worker goes. Thread-safe."""

    def __init__(self, works: Mapping[Stage, Work], deps: Deps, heartbeat: Heartbeat) -> None:
        self._works = works
        self._deps = deps
        self._heartbeat = heartbeat
        self._served: frozenset[str] = frozenset()

    def serve(self, queues: Collection[str]) -> None:
        """Go on by itself with steps of these queues; none: a worker that stops hands everything back."""
        self._served = frozenset(queues) if self._deps.settings.chain_stages else frozenset()

    def run(self, step: Step) -> None:
        """Do this step and what follows. Raises nothing."""
        following: Step | None = step
        while following is not None:
            opened = run_stage(following, self._works[following.stage], self._deps, self._heartbeat)
            following = self._own(opened)

    def _own(self, opened: Sequence[Ring]) -> Step | None:
        """The step to go on with; all others are rung."""
        own = next(
            (ring for ring in opened if queue_of(ring.step.stage, ring.priority) in self._served), None
        )
        for ring in opened:
            if ring is not own:
                self._deps.queue.ring(ring)
        return own.step if own else None
