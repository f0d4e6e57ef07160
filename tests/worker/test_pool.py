"""Costly things are loaded once, and leave when others need their room."""

from threading import Barrier, Thread

import pytest

from shared.errors import OutOfMemory
from worker.pool import Pool


class Net:
    def __init__(self, can_park=False):
        self.can_park = can_park
        self.parked = 0
        self.copies = 1

    def park(self):
        self.parked += self.can_park
        return self.can_park


def test_many_at_once_load_once():
    loads, barrier, pool = [], Barrier(8), Pool(100)

    def use():
        barrier.wait()
        pool.get("net", 10, lambda: loads.append(1) or Net())

    threads = [Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert loads == [1]
    assert pool.keys() == ("net",)


def test_a_failed_load_is_tried_again_next_time():
    answers, net, pool = [RuntimeError("cold")], Net(), Pool(100)

    def load():
        if answers:
            raise answers.pop()
        return net

    with pytest.raises(RuntimeError):
        pool.get("net", 10, load)
    assert pool.keys() == ()
    assert pool.get("net", 10, load) is net


def test_the_least_recently_used_leaves_first():
    pool = Pool(100)
    for name in "abab":
        pool.get(name, 40, Net)
    pool.get("a", 40, Net)
    pool.get("c", 40, Net)

    assert pool.keys() == ("a", "c")


def test_one_that_is_larger_than_the_budget_is_loaded_alone():
    pool = Pool(100)
    pool.get("small", 40, Net)
    big = Net()

    assert pool.get("big", 400, lambda: big) is big
    assert pool.keys() == ("big",)
    assert pool.get("big", 400, Net) is big


def test_what_can_be_parked_waits_on_the_host_and_is_the_same_when_it_comes_back():
    pool, first, second = Pool(50, host_megabytes=50), Net(can_park=True), Net(can_park=True)
    pool.get("first", 40, lambda: first)
    pool.get("second", 40, lambda: second)
    assert (first.parked, pool.keys()) == (1, ("second",))
    assert pool.keys(parked=True) == ("first",)

    assert pool.get("first", 40, Net) is first
    assert (second.parked, pool.keys()) == (1, ("first",))


def test_the_host_has_a_budget_too_and_drops_the_least_recently_used():
    pool, nets = Pool(50, host_megabytes=50), {name: Net(can_park=True) for name in "abc"}
    for name, net in nets.items():
        pool.get(name, 40, lambda net=net: net)

    assert pool.get("b", 40, Net) is nets["b"]
    assert pool.get("a", 40, Net) is not nets["a"]


def test_where_memory_does_not_suffice_everything_else_leaves_and_it_is_tried_again():
    pool, answers = Pool(1000), [OutOfMemory("full")]
    pool.get("other", 10, Net)

    def load():
        if answers:
            raise answers.pop()
        assert pool.keys() == ()
        return Net()

    assert pool.get("net", 10, load)
    assert pool.keys() == ("net",)


def test_loading_one_does_not_hold_up_another():
    pool, begun = Pool(100), Barrier(2)

    def slow():
        begun.wait()
        begun.wait()
        return Net()

    thread = Thread(target=pool.get, args=("slow", 10, slow))
    thread.start()
    begun.wait()
    assert pool.get("quick", 10, Net)
    begun.wait()
    thread.join()
    assert set(pool.keys()) == {"slow", "quick"}


def test_what_has_come_to_take_more_counts_for_more():
    pool = Pool(100)
    first = pool.get("first", 40, Net)
    pool.get("second", 40, Net)
    first.copies = 2.25
    assert pool.keys() == ("first", "second")
    pool.get("second", 40, Net)
    assert pool.keys() == ("second",)
