"""A device that goes whole to one caller, or in shares to several."""

import sys
from threading import Barrier, Event, Lock, Thread

import pytest

from worker.inference.shares import WHOLE, Shares
from worker.inference.turns import ranked


class Callers:
    """Threads that come one after the other, and hold what they get until they are told to go."""

    def __init__(self, shares):
        self._shares = shares
        self._threads, self._go = [], {}
        self.held, self.order = {}, []
        self._guard = Lock()

    def come(self, *names, rank=0):
        for name in names:
            self._go[name] = Event()
            thread = Thread(target=self._hold, args=(name, rank))
            self._threads.append(thread)
            there = len(self._there())
            thread.start()
            while len(self._there()) == there:
                pass
        self.settle()

    def leave(self, *names):
        for name in names:
            self._go[name].set()
            while name in self.held:
                pass
        self.settle()

    def settle(self):
        while len(self.held) < len(self._shares._ranks):
            pass

    def end(self):
        for event in self._go.values():
            event.set()
        for thread in self._threads:
            thread.join(20)

    def _there(self):
        with self._shares._changed:
            return [*self._shares._waiting, *self._shares._ranks]

    def _hold(self, name, rank):
        with ranked(rank), self._shares.taken() as share:
            with self._guard:
                self.order.append(name)
                self.held[name] = share
            self._go[name].wait(20)
            with self._guard:
                del self.held[name]


@pytest.fixture
def shares():
    return Shares()


@pytest.fixture
def callers(shares):
    callers = Callers(shares)
    yield callers
    callers.end()


def test_undivided_it_goes_whole_to_one_after_the_other(callers):
    callers.come("a", "b", "c")
    for name in "abc":
        assert callers.held == {name: WHOLE}
        callers.leave(name)


class TestDivided:
    @pytest.fixture
    def shares(self):
        shares = Shares()
        shares.divide(2)
        return shares

    def test_who_comes_alone_has_it_whole(self, callers):
        callers.come("a")
        assert callers.held == {"a": WHOLE}

    def test_nobody_joins_who_has_it_whole_and_two_that_wait_go_side_by_side(self, callers):
        callers.come("a", "b", "c")
        assert callers.held == {"a": WHOLE}
        callers.leave("a")
        assert callers.held == {"b": 0, "c": 1}

    def test_who_comes_takes_the_share_that_is_free(self, callers):
        callers.come("a", "b", "c", "d")
        callers.leave("a", "b")
        assert callers.held == {"c": 1, "d": 0}
        callers.leave("c")
        callers.come("e")
        assert callers.held == {"d": 0, "e": 1}

    def test_whoever_is_left_alone_has_it_whole_again(self, callers):
        callers.come("a", "b", "c")
        callers.leave("a", "b", "c")
        callers.come("d")
        assert callers.held == {"d": WHOLE}

    def test_an_interactive_one_among_bulk_waits_for_what_has_begun_and_then_has_it_whole(self, callers):
        callers.come("a", "b", "c", "d", rank=1)
        callers.leave("a")
        callers.come("now", rank=0)
        assert callers.held == {"b": 0, "c": 1}
        callers.leave("b")
        assert callers.held == {"c": 1}
        callers.leave("c")
        assert callers.held == {"now": WHOLE}

    def test_two_interactive_ones_go_side_by_side_before_bulk(self, callers):
        callers.come("a", "b", "c", rank=1)
        callers.come("now", "too", rank=0)
        callers.leave("a")
        assert callers.held == {"now": 0, "too": 1}

    def test_a_share_that_an_interactive_one_leaves_free_goes_to_bulk(self, callers):
        callers.come("a", "now", "too")
        callers.leave("a", "now")
        callers.come("b", rank=1)
        assert callers.held == {"too": 1, "b": 0}

    def test_nobody_is_disturbed_when_it_is_divided_no_more(self, callers, shares):
        callers.come("a", "b", "c", "d")
        callers.leave("a")
        shares.divide(1)
        assert callers.held == {"b": 0, "c": 1}
        callers.leave("b", "c")
        assert callers.held == {"d": WHOLE}

    def test_whoever_fails_gives_his_share_back(self, callers, shares):
        with pytest.raises(SystemExit), shares.taken():
            raise SystemExit
        callers.come("a")
        assert callers.held == {"a": WHOLE}


def test_too_few_for_many_shares_go_one_after_the_other(callers, shares):
    shares.divide(4, fewest=3)
    callers.come("a", "b", "c")
    callers.leave("a")
    assert callers.held == {"b": WHOLE}
    callers.come("d")
    callers.leave("b")
    assert callers.held == {"c": WHOLE}
    callers.come("e")
    callers.leave("c")
    assert callers.held == {"d": WHOLE}


def test_enough_for_many_shares_share_and_the_last_of_them_do_not_begin_anew(callers, shares):
    shares.divide(4, fewest=3)
    callers.come("a", "b", "c", "d")
    callers.leave("a")
    assert callers.held == {"b": 0, "c": 1, "d": 2}
    callers.leave("b", "c")
    callers.come("e")
    assert callers.held == {"d": 2}, "two of four shares would leave half of the cores idle"
    callers.leave("d")
    assert callers.held == {"e": WHOLE}


def test_whole_and_shared_never_meet_no_share_is_held_twice_and_everybody_gets_through():
    shares, start, guard = Shares(), Barrier(8), Lock()
    inside, wrong, done = [], [], []

    def work(number):
        start.wait()
        for turn in range(100):
            if number == 0:
                shares.divide(turn % 3 + 1, 2)
            with ranked(number % 3), shares.taken() as share:
                with guard:
                    inside.append(share)
                    if len(set(inside)) < len(inside) or (WHOLE in inside and len(inside) > 1):
                        wrong.append(list(inside))
                with guard:
                    inside.remove(share)
                    done.append(number)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sys.setswitchinterval(before)
    assert (len(done), wrong) == (800, [])
