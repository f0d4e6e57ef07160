"""Workers that die, stop, hang or go mad."""

import time

import pytest
from celery import Celery

from shared.queue.names import QUEUES
from tests.faults.installation import GRACE_SECONDS, MAX_ATTEMPTS, WORKERS, Installation
from tests.faults.load import KINDS, STAGES, Kind, Load
from tests.integration.stack import until

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("point", ["claimed", "stored", "committed"])
def test_kill_9_at_a_point_of_every_stage(load, installation, survived, point):
    kill_at([f"{point}.{stage}" for stage in STAGES], load, installation)
    survived(load, f"worker killed: {point}")


def test_kill_9_after_the_next_stage_was_rung(handing_over, load, installation, survived):
    kill_at([f"rung.{stage}" for stage in STAGES[1:]], load, installation)  # the API rings the first
    survived(load, "worker killed: rung")


def kill_at(points, load, installation):
    load.submit()
    for point in points:
        installation.points.arm(point, "die")
    load.spread()

    def happened():
        return {passed for passed, _ in installation.points.passed()}

    try:
        until(lambda: happened() >= set(points), 60, "the faults to happen")
    except AssertionError as error:
        raise AssertionError(f"{error}: of {points} only {happened()}; open: {load.open_steps()}") from error


def test_sigterm_under_load_finishes_what_runs_and_hands_back_the_rest(load, installation, survived):
    load.submit().spread()
    with installation.supervisor.leaving(*WORKERS):
        ended = [installation.stop(name, GRACE_SECONDS) for name in WORKERS]
        left = load.open_steps()
        held = [
            job_id
            for job_id, step in left.items()
            if installation.records.hexists(f"job:{job_id}", f"token:{step}")
        ]
        load.restart_clock()
    assert ended == [0, 0]
    assert left, "the load was over before the workers were"
    assert held == []
    survived(load, "workers: SIGTERM under load")
    for job_id in load.kinds:
        fields = installation.records.hgetall(f"job:{job_id}")
        assert {
            name: value for name, value in fields.items() if name.startswith("attempts:") and value != "1"
        } == {}


def test_a_message_lost_between_brpop_and_bookkeeping(load, installation, survived):
    """Celery on Redis loses it for good: it is in no queue and in no list of unacknowledged messages."""
    with installation.supervisor.leaving(*WORKERS):
        for name in WORKERS:
            installation.kill(name)
        installation.broker.flushdb()
        for name in WORKERS:
            installation.start(name)
        until(lambda: sum(c["cmd"] == "brpop" for c in installation.broker.client_list()) >= 2, 20, "BRPOP")
        for name in WORKERS:
            installation.send(name, 19)
        load.submit()
        load.strike()
        handed = len(load.kinds) - sum(installation.waiting_messages().values())
        assert handed >= 1
        assert installation.broker.hlen("unacked") == 0
        for name in WORKERS:
            installation.kill(name)
    installation.points.disarm("hold")
    survived(load, "message lost between BRPOP and bookkeeping")


@pytest.mark.parametrize(
    ("action", "code"),
    [("memory", "out_of_memory"), ("exit", "internal_error"), ("interrupt", "internal_error")],
)
def test_a_stage_that_raises_what_would_leave_celery_a_zombie(load, installation, survived, action, code):
    load.submit()
    [unlucky] = [job_id for job_id, kind in load.kinds.items() if kind.name == "plain"][:1]
    installation.points.arm(f"work.segment@{unlucky}", action)
    load.expect_failure(unlucky, code)
    load.spread()
    survived(load, f"stage raises {action}")


def test_a_heartbeat_thread_that_dies_takes_its_process_along(load, installation, survived):
    load.submit()
    installation.points.arm("work.segment", "heartbeat")
    before = len(installation.supervisor.exits)
    load.spread()
    survived(load, "heartbeat thread dies")
    assert [status for _, status in installation.supervisor.exits[before:]] == [70]
    assert "the heartbeat died" in {event["reason"] for event in installation.events("process_ended")}


def test_a_hung_inference(load, installation, survived):
    load.submit()
    installation.points.arm("work.segment", "hang")
    before = len(installation.supervisor.exits)
    load.spread()
    survived(load, "inference hangs")
    assert [status for _, status in installation.supervisor.exits[before:]] == [70]


def test_workers_that_live_and_take_nothing(pictures, expected, tmp_path, results):
    """As after a reconnection that went wrong: every probe says that all is well, and messages wait."""
    impatient = {name: {"STAND_IN_IDLE_SECONDS": "5"} for name in WORKERS}
    with Installation(tmp_path, pictures, impatient).running() as installation:
        load = Load(installation, 8, expected)
        load.submit().spread()
        with Celery(broker=installation.settings["CUTROOM_BROKER_URL"]) as app:
            for queue in QUEUES:
                app.control.cancel_consumer(queue)
            until(lambda: not load_is_moving(load), 20, "the workers to take nothing")
        load.restart_clock()
        verdict = load.verdict(90)
        results.add("workers take nothing", verdict)
        assert verdict.is_clean, verdict.in_full()
        assert {status for _, status in installation.supervisor.exits} == {70}
        assert all(
            event["reason"] == "messages wait and none is taken"
            for event in installation.events("process_ended")
        )
        installation.settled()


def load_is_moving(load: Load) -> bool:
    """Whether anything happens to its open jobs within a second; there must be some left."""
    before = load.open_steps()
    time.sleep(1)
    assert before, "the load was over before the workers went deaf"
    return load.open_steps() != before


def test_a_job_that_kills_its_worker_every_time(load, installation, survived):
    load.submit()
    [poison] = [job_id for job_id, kind in load.kinds.items() if kind.name == "plain"][:1]
    installation.points.arm(f"work.segment@{poison}", "die")
    load.expect_failure(poison, "worker_lost")
    load.spread()
    survived(load, "poison job", seconds=120)
    assert [job for _, job in installation.points.passed()] == [poison] * MAX_ATTEMPTS


def test_neighbours_of_a_poison_job_outlive_it(installation, expected, results):
    """They are at work in the same process each time it dies, unless it is made to run alone."""
    poison = Kind("poison", {})
    load = Load(installation, 1, {**expected, "poison": expected["plain"]})
    with installation.supervisor.leaving("worker2"):
        installation.stop("worker2", GRACE_SECONDS)
        installation.points.arm("hold", "")
        victim = load.submit_one(poison)
        load.kinds = {victim: poison} | {load.submit_one(KINDS[0]): KINDS[0] for _ in range(3)}
        load.expect_failure(victim, "worker_lost")
        installation.points.arm(f"work.segment@{victim}", "die late")
        for neighbour in [*load.kinds][1:]:
            installation.points.arm(f"work.segment@{neighbour}", "slow")
        installation.points.disarm("hold")
        verdict = load.verdict(90)
    assert verdict.is_clean, verdict.in_full()
    installation.settled()
