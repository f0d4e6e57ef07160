"""Costly things are loaded once."""

from threading import Barrier, Thread

import pytest

from worker.resident import Resident


def test_many_at_once_load_once():
    loads, barrier = [], Barrier(8)
    resident = Resident(lambda name: loads.append(name) or object())

    def use():
        barrier.wait()
        resident.get("net")

    threads = [Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert loads == ["net"]
    assert resident.names() == ("net",)


def test_a_failed_load_is_tried_again_next_time():
    answers = [RuntimeError("cold"), "loaded"]

    def load(name):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    resident = Resident(load)
    with pytest.raises(RuntimeError):
        resident.get("net")

    assert resident.get("net") == "loaded"
