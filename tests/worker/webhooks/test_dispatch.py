"""From the outbox to the receiver."""

import json
import time
from threading import Event, Thread

import fakeredis
import pytest
from standardwebhooks import Webhook

from shared.batches.batch import LineProblem
from shared.batches.redis_store import RedisBatchStore
from shared.events.deliveries import SCHEDULE_SECONDS, DeliveryStatus, Verdict
from shared.events.endpoints import Endpoint
from shared.events.redis_deliveries import RedisDeliveryStore
from shared.events.redis_endpoints import RedisEndpointStore
from shared.events.signing import new_secret
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.spec.webhook import EventType
from shared.storage.memory import MemoryObjectStore
from tests.worker.webhooks.conftest import LOOPBACK
from worker.webhooks import dispatch
from worker.webhooks.dispatch import Courier, Dispatcher, delay_seconds, verdict_of
from worker.webhooks.payload import MAX_BODY_BYTES, Payloads
from worker.webhooks.sending import Answer

SECRET = new_secret()
PICTURE = InputFacts(key="k", width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
ALL = tuple(EventType)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, public_url="https://cutroom.example")


@pytest.fixture
def courier(settings):
    redis = fakeredis.FakeRedis(decode_responses=True)
    endpoints = RedisEndpointStore(redis)
    payloads = Payloads(
        settings=settings,
        jobs=RedisJobStore(redis, StoreTimes.of(settings)),
        batches=RedisBatchStore(redis, 3600),
        endpoints=endpoints,
        objects=MemoryObjectStore(),
    )
    yield Courier(RedisDeliveryStore(redis), endpoints, payloads, LOOPBACK, 2.0)
    redis.close()


@pytest.fixture
def listen(courier, receiver):
    def listen(path, name="whk_1", tenant="local"):
        endpoint = Endpoint(name, tenant, f"{receiver.url}/{path}", ALL, "", True, 0)
        courier.endpoints.create(endpoint, SECRET, 10)

    return listen


@pytest.fixture
def running(courier):
    """A dispatcher at work."""
    stopped = Event()
    thread = Thread(target=Dispatcher(courier, 8).run, args=(stopped,))
    thread.start()
    yield
    stopped.set()
    thread.join()


def until(condition, seconds=8):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def cancelled_job(courier, job_id="job_1", tenant="local", **asked):
    courier.payloads.jobs.create(job_id, tenant, JobSpec.model_validate(asked), PICTURE, "")
    courier.payloads.jobs.cancel(job_id)


def test_a_delivery_is_signed_and_says_what_the_job_s_resource_says(courier, receiver, listen, running):
    listen("ok")
    cancelled_job(courier)
    until(lambda: receiver.heard)
    [(_, headers, body)] = receiver.heard
    said = Webhook(SECRET).verify(body, headers)
    assert (said["type"], said["data"]["status"]) == ("job.canceled", "canceled")
    assert said["data"]["links"]["self"] == "https://cutroom.example/v1/jobs/job_1"
    assert said["timestamp"].endswith("Z")
    until(lambda: courier.deliveries.page("whk_1", "", 9)[0].status is DeliveryStatus.SUCCEEDED)
    [attempt] = courier.deliveries.page("whk_1", "", 9)[0].attempts
    assert (attempt.status_code, attempt.error) == (204, "")
    assert headers["webhook-id"] == courier.deliveries.page("whk_1", "", 9)[0].id


def test_a_job_s_own_webhook_is_signed_with_the_tenant_s_secret(courier, receiver, running):
    own = {"webhook": {"url": f"{receiver.url}/ok", "events": ["job.canceled"]}}
    cancelled_job(courier, **own)
    until(lambda: receiver.heard)
    [(_, headers, body)] = receiver.heard
    Webhook(courier.endpoints.own_secret("local", new_secret())).verify(body, headers)


def test_410_disables_and_500_is_tried_again(courier, receiver, listen, running):
    listen("status/410", "whk_1")
    listen("status/500", "whk_2")
    cancelled_job(courier)
    until(lambda: len(receiver.heard) == 2)
    until(lambda: not courier.endpoints.get("whk_1").is_enabled)
    until(lambda: courier.deliveries.page("whk_2", "", 9)[0].attempts)
    [waiting] = courier.deliveries.page("whk_2", "", 9)
    assert waiting.status is DeliveryStatus.PENDING
    assert 3.5 < waiting.next_attempt_at - waiting.attempts[0].at < 6.5


def test_a_slow_endpoint_of_one_tenant_delays_nobody_else(courier, receiver, listen, running):
    for number in range(6):
        listen("slow", f"whk_{number}", "slow")
    listen("ok", "whk_9", "quick")
    for number in range(10):
        cancelled_job(courier, f"job_s{number}", "slow")
    time.sleep(0.4)
    began = time.monotonic()
    for number in range(10):
        cancelled_job(courier, f"job_q{number}", "quick")
    until(lambda: sum(path == "/ok" for path, *_ in receiver.heard) == 10)
    assert time.monotonic() - began < 1.5  # a slow delivery takes 2 s


def test_a_delivery_that_ends_makes_room_for_the_next_at_once(courier, receiver, listen, monkeypatch):
    listen("ok")
    for number in range(20):
        cancelled_job(courier, f"job_{number}")
    monkeypatch.setattr(dispatch, "_POLL_SECONDS", 3)
    stopped = Event()
    thread = Thread(target=Dispatcher(courier, 8).run, args=(stopped,))
    thread.start()
    until(lambda: len(receiver.heard) == 20)  # two at a time: ten looks, and no time for three of them
    stopped.set()
    thread.join()


def test_what_is_gone_is_not_told_of(courier, receiver, listen, running):
    listen("ok")
    cancelled_job(courier)
    courier.payloads.jobs._redis.delete("job:job_1")
    until(lambda: courier.deliveries.page("whk_1", "", 9))
    until(lambda: courier.deliveries.page("whk_1", "", 9)[0].status is DeliveryStatus.FAILED)
    assert receiver.heard == []


def test_a_batch_and_a_test_carry_their_resources(courier, receiver, listen, running):
    listen("ok")
    courier.payloads.batches.begin("bat_1", "local", "")
    courier.payloads.batches.accept("bat_1", "i", [])
    courier.deliveries.test("whk_1")
    until(lambda: len(receiver.heard) == 2)
    said = {
        document["type"]: document["data"] for document in map(json.loads, (b for *_, b in receiver.heard))
    }
    assert said["batch.completed"]["counts"]["failed"] == 1
    assert said["webhook.test"]["id"] == "whk_1"
    assert "secret" not in str(said)


def test_a_long_specification_is_left_out_to_stay_short(courier):
    long = {f"k{number}": "x" * 500 for number in range(20)}
    effects = [{"type": "outline"}] * 20
    courier.endpoints.create(Endpoint("whk_1", "local", "https://e.example", ALL, "", True, 0), SECRET, 9)
    cancelled_job(courier, metadata=long, effects=effects)
    courier.deliveries.expand(9)
    body = courier.payloads.body(courier.deliveries.page("whk_1", "", 9)[0])
    assert len(body) <= MAX_BODY_BYTES
    assert json.loads(body)["data"]["spec"] is None


def test_so_is_most_of_a_long_list_of_bad_lines(courier):
    courier.endpoints.create(Endpoint("whk_1", "local", "https://e.example", ALL, "", True, 0), SECRET, 9)
    problems = [LineProblem(number, "invalid_spec", "x" * 300) for number in range(1, 101)]
    courier.payloads.batches.begin("bat_1", "local", "")
    courier.payloads.batches.accept("bat_1", "i" * 100, problems)
    courier.deliveries.expand(9)
    body = courier.payloads.body(courier.deliveries.page("whk_1", "", 9)[0])
    assert len(body) <= MAX_BODY_BYTES
    assert json.loads(body)["data"]["counts"]["failed"] == 100


@pytest.mark.parametrize(
    ("status", "tries", "verdict"),
    [
        (200, 0, Verdict.DELIVERED),
        (302, 0, Verdict.AGAIN),
        (410, 0, Verdict.GONE),
        (500, 8, Verdict.AGAIN),
        (None, 9, Verdict.GIVEN_UP),
    ],
)
def test_what_an_answer_means(status, tries, verdict):
    assert verdict_of(Answer(status), tries) is verdict


def test_waits_are_the_schedule_s_give_or_take_a_fifth_unless_the_endpoint_asks_for_more():
    for tries, planned in enumerate(SCHEDULE_SECONDS):
        assert 0.8 * planned <= delay_seconds(tries, 0) <= 1.2 * planned
    assert delay_seconds(0, 77) == 77
    assert delay_seconds(0, 1e9) == 86_400
