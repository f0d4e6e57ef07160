"""Batches: what each line counts as, whose turn it is, and when it is over."""

import json

import pytest

from shared.batches.batch import BatchStatus, LineProblem, LineState
from shared.batches.redis_store import RedisBatchStore
from shared.errors import NotFound
from shared.jobs.job import Status, Step
from shared.spec.job import Stage
from tests.shared.batches.conftest import BATCH, BULK


def events(redis):
    return [json.loads(text)["type"] for text in redis.lrange("events", 0, -1)]


def test_a_batch_is_validating_until_its_lines_are_accepted(batches, accepted):
    batches.begin(BATCH, "local", "req_1")
    assert batches.get(BATCH).status is BatchStatus.VALIDATING
    assert batches.waiting(10, 10) == []
    assert accepted().status is BatchStatus.RUNNING


def test_an_unknown_batch_is_not_found(batches):
    with pytest.raises(NotFound):
        batches.get(BATCH)


def test_every_line_counts_once_wherever_its_job_stands(batches, jobs, accepted, feed, end):
    accepted("wwwwi")
    assert batches.get(BATCH).total == 5
    first, second, third, _ = feed()
    assert batches.states(BATCH) == "qqqqi"
    jobs.claim(Step(first.job_id, Stage.INGEST))
    assert batches.states(BATCH) == "rqqqi"
    end(second)
    end(third, Status.FAILED)
    batch = batches.get(BATCH)
    assert batches.states(BATCH) == "rsfqi"
    assert {state: n for state, n in batch.counts.items() if n} == {
        LineState.RUNNING: 1, LineState.SUCCEEDED: 1, LineState.FAILED: 1,
        LineState.QUEUED: 1, LineState.INVALID: 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ((Status.SUCCEEDED, Status.SUCCEEDED), BatchStatus.SUCCEEDED),
        ((Status.SUCCEEDED, Status.FAILED), BatchStatus.SUCCEEDED),
        ((Status.FAILED, Status.CANCELED), BatchStatus.FAILED),
    ],
)
def test_it_is_completed_by_its_last_line_and_says_so_once(batches, accepted, feed, end, redis, ends, status):
    redis.sadd("webhooks:listening", "local")
    accepted("ww")
    for line, how in zip(feed(), ends, strict=True):
        assert batches.get(BATCH).status is BatchStatus.RUNNING
        end(line, how)
    batch = batches.get(BATCH)
    assert (batch.status, events(redis).count("batch.completed")) == (status, 1)
    assert batch.expires_at - batch.finished_at == 3600


def test_a_batch_of_invalid_lines_fails_at_once(batches, redis):
    redis.sadd("webhooks:listening", "local")
    batches.begin(BATCH, "local", "req_1")
    batch = batches.accept(BATCH, "ii", [LineProblem(1, "invalid_json", "not JSON")])
    assert (batch.status, batch.problems[0].line) == (BatchStatus.FAILED, 1)
    assert events(redis) == ["batch.completed"]


def test_a_line_becomes_a_job_once(jobs, accepted, feed, redis):
    accepted()
    lines = feed()
    assert feed() == []
    for line in lines:
        assert jobs.create_for_line(line, BULK, "") == []
    assert len(redis.keys("job:*")) == 3


def test_two_feeders_with_the_same_lines_make_each_job_once(batches, jobs, accepted):
    accepted()
    seen = [batches.waiting(9, 9), batches.waiting(9, 9)]
    made = [bool(jobs.create_for_line(one.line, BULK, "")) for lines in seen for one in lines]
    assert made == [True] * 3 + [False] * 3


def test_no_more_than_the_window_is_open(batches, accepted, feed, end):
    accepted("w" * 10)
    first = feed(window=4)
    assert [line.number for line in first] == [1, 2, 3, 4]
    assert feed(window=4) == []
    end(first[1])
    assert [line.number for line in feed(window=4)] == [5]


def test_tenants_take_turns(batches, accepted):
    accepted("w" * 50, "bat_01", "big")
    accepted("ww", "bat_02", "small")
    turns = [waiting.line.tenant for waiting in batches.waiting(8, 100)]
    assert turns[:4] in (["big", "small"] * 2, ["small", "big"] * 2)
    assert turns.count("big") == 8


def test_a_full_page_leaves_nobody_out_for_ever(batches, jobs, accepted):
    for number in range(6):
        accepted("w" * 9, f"bat_{number}", f"tenant{number}")
    served = set()
    for _ in range(3):
        waiting = batches.waiting(1, 2)
        served |= {one.line.tenant for one in waiting}
        for one in waiting:
            jobs.create_for_line(one.line, BULK, "")
    assert len(served) == 6


def test_batches_of_one_tenant_take_turns(accepted, batches):
    accepted("w" * 50, "bat_01")
    accepted("ww", "bat_02")
    assert (
        sorted(waiting.line.batch_id for waiting in batches.waiting(4, 100))
        == ["bat_01"] * 2 + ["bat_02"] * 2
    )


class TestCancel:
    """What is done stays, what waits never starts."""

    def test_waiting_lines_are_canceled_at_once_and_the_batch_with_its_last_open_job(
        self, batches, jobs, accepted, feed, end
    ):
        accepted("w" * 5)
        first, second = feed(window=2)
        end(first)
        batches.cancel(BATCH)
        assert batches.states(BATCH) == "sqccc"
        assert batches.get(BATCH).status is BatchStatus.CANCELING
        assert batches.canceling() == [BATCH]
        jobs.cancel(second.job_id)
        assert batches.get(BATCH).status is BatchStatus.CANCELED
        assert batches.canceling() == []

    def test_a_line_that_a_feeder_had_in_hand_is_not_fed(self, batches, jobs, accepted):
        accepted()
        [in_hand, *_] = batches.waiting(9, 9)
        batches.cancel(BATCH)
        assert jobs.create_for_line(in_hand.line, BULK, "") == []
        assert batches.get(BATCH).status is BatchStatus.CANCELED

    def test_it_may_be_said_twice_and_too_late(self, batches, accepted, feed, end):
        accepted("w")
        end(feed()[0])
        batches.cancel(BATCH)
        assert batches.get(BATCH).status is BatchStatus.SUCCEEDED

    def test_a_batch_none_of_whose_lines_waits_any_more(self, batches, accepted, feed, end):
        accepted("ww")
        lines = feed()
        batches.cancel(BATCH)
        assert batches.get(BATCH).status is BatchStatus.CANCELING
        for line in lines:
            end(line, Status.CANCELED)
        assert batches.get(BATCH).status is BatchStatus.CANCELED


class TestRetry:
    """Failed lines once more."""

    def test_only_failed_lines_wait_again_and_become_the_same_job(self, batches, jobs, accepted, feed, end):
        accepted("wwi")
        good, bad = feed()
        end(good)
        end(bad, Status.FAILED)
        before = jobs.get(bad.job_id).version
        assert batches.retry_failed(BATCH) == 1
        assert (batches.states(BATCH), batches.get(BATCH).status) == ("swi", BatchStatus.RUNNING)
        assert feed() == [bad]
        again = jobs.get(bad.job_id)
        assert (again.status, again.error, again.attempts) == (Status.QUEUED, None, 0)
        assert again.version > before
        end(bad)
        assert batches.get(BATCH).status is BatchStatus.SUCCEEDED

    def test_a_canceled_batch_stays_one_though_its_failed_lines_succeed_then(
        self, batches, accepted, feed, end
    ):
        accepted("www")
        bad, other = feed(window=2)
        end(bad, Status.FAILED)
        batches.cancel(BATCH)
        end(other, Status.CANCELED)
        assert batches.retry_failed(BATCH) == 1
        assert batches.get(BATCH).status is BatchStatus.RUNNING
        end(feed()[0])
        assert (batches.states(BATCH), batches.get(BATCH).status) == ("scc", BatchStatus.CANCELED)

    def test_nothing_failed(self, batches, accepted):
        accepted()
        assert batches.retry_failed(BATCH) == 0


def test_lines_with_a_flag_are_known(batches, accepted, feed, end):
    accepted("www")
    end(feed()[1])
    assert batches.flagged(BATCH, "many_subjects") == {2}
    assert batches.flagged(BATCH, "empty_matte") == frozenset()


def test_a_line_that_cannot_be_read_has_failed(batches, accepted):
    accepted("w")
    [waiting] = batches.waiting(9, 9)
    batches.lose(waiting.line)
    batches.lose(waiting.line)
    assert batches.get(BATCH).status is BatchStatus.FAILED


def test_batches_are_listed_newest_first(batches, accepted, redis):
    ids = [f"bat_0{number}" for number in range(3)]
    for place, batch_id in enumerate(ids):
        accepted("w", batch_id)
        redis.zadd("batches:local", {batch_id: place})
    accepted("w", "bat_09", "somebody")
    assert [batch.id for batch in batches.page("local", "", 2)] == ids[:0:-1]
    assert [batch.id for batch in batches.page("local", ids[1], 2)] == ids[:1]
    redis.delete(f"batch:{ids[2]}")
    assert [batch.id for batch in batches.page("local", "", 9)] == ids[1::-1]


def test_only_what_is_not_accepted_is_discarded(batches, accepted):
    accepted("w", "bat_01")
    batches.begin("bat_02", "local", "")
    assert [batches.discard("bat_01"), batches.discard("bat_02")] == [False, True]
    assert [batch.id for batch in batches.page("local", "", 9)] == ["bat_01"]


def test_a_sender_that_falls_silent_costs_the_batch(batches, redis):
    batches.begin(BATCH, "local", "req_1")
    batches.keep_receiving(BATCH, 3)
    assert batches.interrupted(60) == []
    redis.zadd("batches:receiving", {BATCH: 0})
    [batch] = batches.interrupted(60)
    assert (batch.status, batch.problems[0].code, batch.stored_objects) == (
        BatchStatus.FAILED,
        "upload_interrupted",
        3,
    )
    assert batches.accept(BATCH, "www", []).total == 0
    assert batches.waiting(9, 9) == []


def test_one_that_was_given_up_may_be_handed_in_again(batches, accepted, redis):
    batches.begin(BATCH, "local", "req_1")
    redis.zadd("batches:receiving", {BATCH: 0})
    batches.interrupted(60)
    batch = accepted("ww")
    assert (batch.status, batch.problems, batch.expires_at, batch.total) == (BatchStatus.RUNNING, (), None, 2)
    assert redis.zcard("batches:ended") == 0


def test_after_its_retention_only_the_counts_are_known(redis, accepted, feed, end, monkeypatch):
    # A look through all keys takes longer, the more of other people's records there are.
    monkeypatch.setattr(redis, "scan_iter", None)
    batches = RedisBatchStore(redis, 0)
    batches.begin(BATCH, "local", "req_1")
    batches.accept(BATCH, "w", [])
    assert batches.expired() == []
    end(feed()[0])
    assert [batch.id for batch in batches.expired()] == [BATCH]
    batches.forget_lines(BATCH)
    assert batches.expired() == []
    assert redis.keys("batch:*:*") == []
    assert (batches.get(BATCH).status, batches.get(BATCH).total) == (BatchStatus.EXPIRED, 1)


def test_every_change_grows_the_version(batches, accepted, feed, end):
    versions = [accepted().version]
    line = feed()[0]
    versions.append(batches.get(BATCH).version)
    end(line)
    versions.append(batches.get(BATCH).version)
    assert versions == sorted(set(versions))
