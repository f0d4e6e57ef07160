"""Who runs beside whom."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

from worker.tasks.company import Company


class Room:
    """How many were inside at once."""

    def __init__(self):
        self._lock = Lock()
        self.inside = self.most = 0

    def stay(self, seconds=0.02):
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            now = self.inside
        time.sleep(seconds)
        with self._lock:
            self.inside -= 1
        return now


def test_steps_run_together():
    company, room = Company(), Room()

    def run(_):
        with company.together():
            room.stay(0.1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert room.most == 4


def test_a_suspect_runs_alone_and_everybody_gets_a_turn():
    company, room = Company(), Room()

    def run(number):
        if number % 3:
            with company.together():
                room.stay()
            return 1
        with company.alone():
            return room.stay()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(run, range(40))) == {1}
    assert room.inside == 0


def test_nobody_begins_beside_a_suspect_that_waits():
    company, began, may_end = Company(), Event(), Event()

    def long():
        with company.together():
            began.set()
            may_end.wait(5)
            return "long"

    order = []

    def suspect():
        with company.alone():
            order.append("suspect")

    def late():
        with company.together():
            order.append("late")

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(long)]
        began.wait(5)
        running.append(pool.submit(suspect))
        time.sleep(0.05)
        running.append(pool.submit(late))
        time.sleep(0.05)
        assert order == []
        may_end.set()
        for future in running:
            future.result(5)
    assert order == ["suspect", "late"]
