"""A keeper that is dead, doubled, or wrong about the time; and callers who change their minds."""

import time
from pathlib import Path

import pytest

from tests.faults.installation import LEASE_SECONDS, Installation
from tests.faults.load import KINDS, STAGES, Load, photo
from tests.integration.stack import ROOT

pytestmark = pytest.mark.integration

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
CLOCK = Path(__file__).with_name("clock")


def test_the_keeper_is_dead_for_a_while(load, installation, survived, is_full):
    """What a killed worker held and what the broker forgot waits; it goes on when a keeper is back."""
    load.submit().spread()
    with installation.supervisor.leaving("keeper"):
        installation.kill("keeper")
        installation.kill("worker")
        installation.broker.flushdb()
        load.restart_clock()
        time.sleep(600 if is_full else 2 * LEASE_SECONDS)
        waiting = load.open_steps()
        assert waiting, "nothing needed the keeper"
        load.restart_clock()
    survived(load, "keeper dead")


def test_two_keepers_at_once(load, installation, survived):
    """Every deadline is theirs: the broker has forgotten everything, three times."""
    installation.start("keeper2")
    try:
        load.submit().spread()
        for _ in range(3):
            installation.broker.flushdb()
            time.sleep(0.2)
        load.restart_clock()
        survived(load, "two keepers, broker flushed three times")
    finally:
        installation.kill("keeper2")


@pytest.mark.parametrize("point", ["claimed", "stored", "committed"])
def test_cancel_at_every_stage(load, installation, survived, point):
    cancel_at({f"{point}.{stage}" for stage in STAGES}, load, installation)
    survived(load, f"cancelled: {point}")


def test_cancel_after_the_next_stage_was_rung(handing_over, load, installation, survived):
    cancel_at({f"rung.{stage}" for stage in STAGES[1:]}, load, installation)
    survived(load, "cancelled: rung")


def cancel_at(wanted, load, installation):
    """The next job to pass each point is held there while its caller cancels it."""
    load.submit()
    for point in wanted:
        installation.points.arm(point, "pause")
    load.spread()
    seen = set()
    give_up = time.monotonic() + 30
    while seen != wanted and time.monotonic() < give_up:
        for passed, job_id in installation.points.passed():
            if passed not in seen:
                seen.add(passed)
                load.cancel(job_id)
        time.sleep(0.02)
    assert seen == wanted


def test_cancel_of_many_at_random(load, installation, survived):
    load.submit().spread()
    for job_id in list(load.kinds)[::3]:
        load.cancel(job_id)
    survived(load, "a third cancelled under load")
    assert "canceled" in load.cancelled.values()


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_the_clock_steps_by_an_hour(pictures, expected, tmp_path, results, seconds):
    """Of one worker, the keeper and the API: leases and deadlines follow the clock of Redis alone."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    wrong = {"STAND_IN_CLOCK": str(clock), "PYTHONPATH": f"{ROOT}:{CLOCK}"}
    environments = dict.fromkeys(("web", "keeper", "worker"), wrong)
    with Installation(tmp_path / "stack", pictures, environments).running() as installation:
        load = Load(installation, 5, expected)
        load.submit().spread()
        clock.write_text(str(seconds))
        load.restart_clock()
        verdict = load.verdict(60)
        results.add("clocks of API, keeper and one worker step by an hour", verdict)
        assert verdict.is_clean, verdict.in_full()
        later = installation.submit(photo(KINDS[0]), {})
        assert made_at(later) - time.time() == pytest.approx(seconds, abs=60), "the clock did not step"
        assert installation.finished(later)["status"] == "succeeded"
        installation.settled()


def made_at(job_id: str) -> float:
    """The time that an id begins with, by the clock of who made it."""
    return sum(ALPHABET.index(letter) << 5 * (9 - place) for place, letter in enumerate(job_id[4:14])) / 1000
