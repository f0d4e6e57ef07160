"""Who comes next at a device."""

import sys
from threading import Barrier, Thread

import pytest

from worker.inference.turns import Turns, place, ranked


def order_of(ranks):
    """In which order threads of these ranks, which came one after the other, had their turns."""
    turns, order, threads = Turns(), [], []

    def wait(number, rank):
        with ranked(rank), turns.taken():
            order.append(number)

    with turns.taken():
        for number, rank in enumerate(ranks):
            threads.append(Thread(target=wait, args=(number, rank)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                pass
    for thread in threads:
        thread.join(20)
    return order


def test_by_arrival_among_equals():
    assert order_of([0, 0, 0, 0]) == [0, 1, 2, 3]


def test_the_lower_rank_first():
    assert order_of([1, 1, 0, 1, 0]) == [2, 4, 0, 1, 3]


@pytest.mark.parametrize("places", [1, 2, 3])
def test_no_more_at_a_time_than_there_are_places(places):
    turns, start, inside, most = Turns(places), Barrier(8), [], []

    def work(number):
        start.wait()
        for _ in range(100):
            with ranked(number % 2), turns.taken():
                inside.append(number)
                most.append(len(inside))
                inside.pop()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sys.setswitchinterval(before)
    assert len(most) == 800 and max(most) <= places


def test_a_place_that_is_free_is_taken_at_once():
    turns, both = Turns(2), Barrier(2)

    def meet():
        with turns.taken():
            both.wait(20)

    other = Thread(target=meet)
    other.start()
    meet()
    other.join(20)


def test_waiting_ones_fill_all_places_that_become_free():
    turns, both = Turns(2), Barrier(2)

    def meet():
        with turns.taken():
            both.wait(20)

    threads = [Thread(target=meet) for _ in range(2)]
    with turns.taken(), turns.taken():
        for thread in threads:
            thread.start()
        while len(turns._waiting) < 2:
            pass
    for thread in threads:
        thread.join(20)
    assert not both.broken


def test_whoever_fails_gives_it_back():
    turns = Turns()
    with pytest.raises(SystemExit), turns.taken():
        raise SystemExit
    with turns.taken():
        pass


def test_a_rank_ends_with_its_block():
    with ranked(1):
        with ranked(0):
            assert place()[0] == 0
        assert place()[0] == 1
    assert place()[0] == 0
