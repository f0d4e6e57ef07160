"""A queue that remembers what was rung: for tests."""

from shared.jobs.job import Ring


class MemoryJobQueue:
    """JobQueue in a list."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    def ring(self, ring: Ring) -> bool:
        self.rings.append(ring)
        return True
