"""The queue for tests."""

from shared.jobs.job import Ring, Step
from shared.queue.memory_queue import MemoryJobQueue
from shared.spec.job import Priority, Stage


def test_it_remembers_what_was_rung_in_order():
    queue = MemoryJobQueue()
    rings = [Ring(Step("job_1", stage), Priority.BULK) for stage in (Stage.SEGMENT, Stage.RENDER)]
    assert all(queue.ring(ring) for ring in rings)
    assert queue.rings == rings
