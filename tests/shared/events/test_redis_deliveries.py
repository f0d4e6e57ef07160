"""Deliveries: one for each listener, leased while under way, tried again until somebody says enough."""

import json

import pytest

from shared.errors import NotFound
from shared.events.deliveries import Attempt, DeliveryStatus, Lanes, Verdict
from shared.events.endpoints import EndpointChange
from shared.spec.webhook import EventType
from tests.shared.events.conftest import LANES

FAILED = Attempt(1.0, 500, 12, "oops", "the endpoint answered 500")


def take(deliveries, limit=10):
    return list(deliveries.take(limit, LANES))


def report(deliveries, outgoing, verdict, delay=0.0):
    deliveries.report(outgoing, FAILED, verdict, delay)


def test_an_event_goes_to_each_endpoint_that_asked_for_it(deliveries, listen, happen):
    listen("whk_1")
    listen("whk_2", "local", EventType.JOB_FAILED)
    listen("whk_3", "local", EventType.JOB_FAILED, EventType.JOB_SUCCEEDED)
    listen("whk_4", "somebody")
    happen()
    taken = take(deliveries)
    assert {outgoing.delivery.endpoint_id for outgoing in taken} == {"whk_1", "whk_3"}
    assert {outgoing.delivery.subject for outgoing in taken} == {"job_1"}


def test_a_job_s_own_webhook_is_read_from_its_record(deliveries, redis, happen):
    own = {"url": "https://example.com:444/x?y", "events": ["job.succeeded"]}
    redis.hset("job:job_1", "webhook", json.dumps(own))
    happen()
    happen(kind=EventType.JOB_FAILED)
    [outgoing] = take(deliveries)
    assert (outgoing.url, outgoing.secrets, outgoing.delivery.endpoint_id) == (own["url"], (), "")


def test_the_outbox_is_emptied_with_the_same_step(deliveries, redis, listen):
    listen()
    event = {"type": "job.succeeded", "tenant": "local", "subject": "job_1", "at": "1"}
    redis.rpush("events", *[json.dumps(event)] * 25)
    assert [deliveries.expand(10) for _ in range(4)] == [10, 10, 5, 0]
    assert len(deliveries.page("whk_1", "", 100)) == 25


@pytest.mark.usefixtures("doubled")
def test_an_expansion_whose_answer_was_lost_writes_over_no_delivery(deliveries, redis, listen):
    listen()
    subjects = [f"job_{number}" for number in range(25)]
    for subject in subjects:
        event = {"type": "job.succeeded", "tenant": "local", "subject": subject, "at": "1"}
        redis.rpush("events", json.dumps(event))
    while redis.exists("events"):
        deliveries.expand(10)
    assert sorted(one.subject for one in deliveries.page("whk_1", "", 100)) == sorted(subjects)


def test_a_report_whose_answer_was_lost_counts_once(deliveries, listen, happen):
    listen()
    happen()
    [outgoing] = take(deliveries)
    report(deliveries, outgoing, Verdict.AGAIN)
    report(deliveries, outgoing, Verdict.AGAIN)
    [again] = take(deliveries)
    assert again.tries == 1


def test_one_look_says_whether_anything_is_due(deliveries, redis, listen, happen):
    assert not deliveries.is_due()
    listen()
    redis.rpush("events", json.dumps({"type": "job.succeeded", "tenant": "local", "subject": "j", "at": "1"}))
    assert deliveries.is_due()  # an event
    deliveries.expand(10)
    assert deliveries.is_due()  # a delivery
    assert len(take(deliveries)) == 1
    assert not deliveries.is_due()  # under way, until its lease ends


def test_what_is_under_way_is_not_taken_twice(deliveries, listen, happen):
    listen()
    happen()
    assert len(take(deliveries)) == 1
    assert take(deliveries) == []


def test_a_dead_sender_s_delivery_is_taken_again_with_the_same_id(deliveries, listen, happen, redis):
    listen()
    happen()
    [first] = deliveries.take(1, Lanes(lease_seconds=0, per_target=2, per_tenant=4))
    [second] = take(deliveries)
    assert (first.delivery.id, first.number, second.number) == (second.delivery.id, 1, 2)
    deliveries.report(first, FAILED, Verdict.DELIVERED, 0)
    assert deliveries.get(first.delivery.id).status is DeliveryStatus.PENDING


def test_an_endpoint_has_two_places_and_a_tenant_four(deliveries, listen, happen):
    for number in range(4):
        listen(f"whk_{number}")
    listen("whk_9", "other")
    for _ in range(5):
        happen()
        happen(tenant="other")
    taken = [outgoing for _ in range(5) for outgoing in take(deliveries)]
    by = [outgoing.delivery.endpoint_id for outgoing in taken]
    assert by.count("whk_9") == 2
    assert len(by) - 2 == 4
    assert all(by.count(name) <= 2 for name in by)


def test_places_come_free(deliveries, listen, happen):
    listen()
    for _ in range(4):
        happen()
    first, second = (take(deliveries)[0] for _ in range(2))
    assert take(deliveries) == []
    report(deliveries, first, Verdict.DELIVERED)
    assert len(take(deliveries)) == 1
    report(deliveries, second, Verdict.AGAIN, 60)
    assert len(take(deliveries)) == 1


def test_a_failure_waits_and_is_logged(deliveries, listen, happen, redis, endpoints):
    listen()
    happen()
    [outgoing] = take(deliveries)
    report(deliveries, outgoing, Verdict.AGAIN, 5)
    assert take(deliveries) == []
    logged = deliveries.get(outgoing.delivery.id)
    assert (logged.status, logged.attempts) == (DeliveryStatus.PENDING, (FAILED,))
    assert endpoints.get("whk_1").failing_since is not None
    redis.zadd("outgoing:whk_1", {outgoing.delivery.id: 0})
    redis.zadd("targets", {"whk_1": 0})
    [again] = take(deliveries)
    assert (again.delivery.id, again.tries, again.number) == (outgoing.delivery.id, 1, 2)
    report(deliveries, again, Verdict.DELIVERED)
    assert deliveries.get(again.delivery.id).status is DeliveryStatus.SUCCEEDED
    assert endpoints.get("whk_1").failing_since is None
    assert redis.zcard("targets") == 0


def test_an_endpoint_that_is_gone_is_disabled_and_what_waits_for_it_dropped(
    deliveries, listen, happen, endpoints
):
    listen()
    for _ in range(2):
        happen()
    [outgoing] = take(deliveries, 1)
    report(deliveries, outgoing, Verdict.GONE)
    found = endpoints.get("whk_1")
    assert (found.is_enabled, found.disabled_reason) == (False, "gone")
    assert take(deliveries) == []
    assert [one.status for one in deliveries.page("whk_1", "", 9)] == [DeliveryStatus.FAILED] * 2


def test_five_days_of_failures_disable(deliveries, listen, happen, endpoints, redis):
    listen()
    happen()
    redis.hset("webhook:whk_1", "failing_since", int(redis.time()[0] - 5 * 86_400) * 1000)
    report(deliveries, take(deliveries)[0], Verdict.AGAIN, 5)
    assert endpoints.get("whk_1").disabled_reason == "failing"
    endpoints.change("whk_1", EndpointChange(is_enabled=True))
    found = endpoints.get("whk_1")
    assert (found.disabled_reason, found.failing_since) == ("", None)


class TestReplay:
    """POST …/replay."""

    def test_it_is_delivered_again_with_its_id(self, deliveries, listen, happen):
        listen()
        happen()
        [outgoing] = take(deliveries)
        report(deliveries, outgoing, Verdict.GIVEN_UP)
        assert deliveries.replay(outgoing.delivery.id)
        [again] = take(deliveries)
        assert (again.delivery.id, again.tries) == (outgoing.delivery.id, 0)

    def test_one_that_is_under_way_is_not_sent_twice_at_once(self, deliveries, listen, happen):
        listen()
        happen()
        [outgoing] = take(deliveries)
        assert deliveries.replay(outgoing.delivery.id)
        assert take(deliveries) == []

    def test_an_unknown_one(self, deliveries):
        assert not deliveries.replay("dlv_x")
        with pytest.raises(NotFound):
            deliveries.get("dlv_x")


def test_a_test_reaches_even_a_disabled_endpoint(deliveries, listen, endpoints):
    listen()
    endpoints.change("whk_1", EndpointChange(is_enabled=False))
    delivery_id = deliveries.test("whk_1")
    [outgoing] = take(deliveries)
    assert (outgoing.delivery.id, outgoing.delivery.type) == (delivery_id, EventType.WEBHOOK_TEST)
    with pytest.raises(NotFound):
        deliveries.test("whk_x")


def test_after_a_rotation_both_secrets_sign_for_a_while(deliveries, listen, endpoints, redis):
    listen()
    endpoints.rotate("whk_1", "whsec_new", 60)
    deliveries.test("whk_1")
    assert take(deliveries)[0].secrets == ("whsec_new", "whsec_whk_1")
    redis.hset("webhook:whk_1", "old_secret_until", 1)
    deliveries.test("whk_1")
    assert take(deliveries)[0].secrets == ("whsec_new",)


def test_a_deleted_endpoint_gets_nothing_more(deliveries, listen, happen, endpoints, redis):
    listen()
    for _ in range(2):
        happen()
    [outgoing] = take(deliveries, 1)
    endpoints.delete("whk_1")
    report(deliveries, outgoing, Verdict.AGAIN, 0)
    assert take(deliveries) == []
    assert redis.exists("webhook:whk_1", "outgoing:whk_1", "targets") == 0


def test_deliveries_are_listed_newest_first(deliveries, listen, redis):
    listen()
    ids = [deliveries.test("whk_1") for _ in range(3)]
    for place, delivery_id in enumerate(ids):
        redis.zadd("deliveries:whk_1", {delivery_id: place})
    assert [one.id for one in deliveries.page("whk_1", "", 2)] == ids[:0:-1]
    assert [one.id for one in deliveries.page("whk_1", ids[1], 2)] == ids[:1]
