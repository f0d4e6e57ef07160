"""Batches through real processes, which die when it suits them least."""

import json
import random
import time
from collections import Counter
from pathlib import Path
from threading import Thread

import httpx
import pytest
from standardwebhooks import Webhook

from shared.batches.lines import LineWriter, StoredLine
from shared.batches.redis_store import RedisBatchStore
from shared.jobs.line import BatchLine
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.storage.opening import open_store
from tests.integration.neighbours import Pictures
from tests.integration.stack import until
from tests.worker.webhooks.receiver import Receiver

pytestmark = pytest.mark.integration

NDJSON = {"Content-Type": "application/x-ndjson"}
INSIDE = {
    "CUTROOM_ALLOW_HTTP_URLS": "true",
    "CUTROOM_URL_ALLOWLIST": '["127.0.0.1"]',
    "CUTROOM_BATCH_WINDOW": "8",
    "CUTROOM_FEED_SECONDS": "0.1",
    "CUTROOM_WEBHOOK_SECONDS": "1",
}
EVENTS = ["job.succeeded", "batch.completed"]


@pytest.fixture
def pictures():
    server = Pictures()
    yield server
    server.close()


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.close()


def lines(pictures, count, prefix="id"):
    for number in range(1, count + 1):
        row = {"custom_id": f"{prefix}-{number}", "input": {"url": f"{pictures.url}/{number}.png"}}
        yield json.dumps(row).encode() + b"\n"


def hand_in(stack, body) -> str:
    answer = stack.http.post("/v1/batches", content=body, headers=NDJSON, timeout=60)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def batch(stack, batch_id) -> dict:
    return stack.http.get(f"/v1/batches/{batch_id}").raise_for_status().json()


def ended(stack, batch_id, seconds) -> dict:
    def final():
        now = batch(stack, batch_id)
        return now if now["finished_at"] else None

    return until(final, seconds, f"{batch_id} to end (now {batch(stack, batch_id)['counts']})")


def results(stack, batch_id) -> list[dict]:
    text = stack.http.get(f"/v1/batches/{batch_id}/results").raise_for_status().text
    return [json.loads(row) for row in text.splitlines()]


def heard(receiver, kind) -> list[tuple[str, dict]]:
    """Webhook ids and what they told of."""
    told = [(headers["webhook-id"], json.loads(body)) for _, headers, body in receiver.heard]
    return [(webhook_id, said["data"]) for webhook_id, said in told if said["type"] == kind]


def test_a_batch_is_done_in_order_and_every_event_arrives_signed(stack, pictures, receiver):
    stack.up(**INSIDE)
    for name in ("feeder", "webhooks"):
        stack.start(name, **INSIDE)
    hook = stack.http.post("/v1/webhooks", json={"url": f"{receiver.url}/ok", "events": EVENTS}).json()
    body = list(lines(pictures, 24))
    body[10] = b"{\n"

    batch_id = hand_in(stack, b"".join(body))

    done = ended(stack, batch_id, 60)
    assert (done["status"], done["counts"]["succeeded"], done["counts"]["failed"]) == ("succeeded", 23, 1)
    rows = results(stack, batch_id)
    assert [row["line"] for row in rows] == list(range(1, 25))
    assert httpx.get(rows[0]["outputs"][0]["url"]).status_code == 200
    until(lambda: heard(receiver, "batch.completed"), 10, "batch.completed")
    until(lambda: len(heard(receiver, "job.succeeded")) == 23, 10, "23 job.succeeded")
    for _, headers, text in receiver.heard:
        Webhook(hook["secret"]).verify(text, headers)
    [(_, said)] = heard(receiver, "batch.completed")
    assert said == done
    _, said = heard(receiver, "job.succeeded")[0]
    shown = stack.job(said["id"])
    said["outputs"][0].pop("url"), shown["outputs"][0].pop("url")
    assert said == shown


def test_whatever_dies_every_line_is_done_exactly_once(stack, pictures, receiver):
    """Feeder, worker, API and sender are killed at seeded moments while a batch runs."""
    stack.up(**INSIDE)
    for name in ("feeder", "webhooks"):
        stack.start(name, **INSIDE)
    stack.http.post("/v1/webhooks", json={"url": f"{receiver.url}/ok", "events": EVENTS}).raise_for_status()
    batch_id = hand_in(stack, b"".join(lines(pictures, 100)))

    chance = random.Random(20)
    for name in chance.choices(["feeder", "worker", "webhooks", "web"], k=8):
        time.sleep(chance.uniform(0.2, 0.9))
        stack.kill(name)
        time.sleep(chance.uniform(0.0, 0.3))
        stack.start(name, **INSIDE)
    until(lambda: stack.http.get("/readyz").status_code == 200, 30, "readyz")

    done = ended(stack, batch_id, 120)
    assert (done["status"], done["counts"]["succeeded"]) == ("succeeded", 100)
    rows = results(stack, batch_id)
    assert [row["custom_id"] for row in rows] == [f"id-{number}" for number in range(1, 101)]
    assert {row["job_id"] for row in rows} == {
        BatchLine(batch_id, "local", number).job_id for number in range(1, 101)
    }
    assert len(stack.records.keys("job:*")) == 100
    until(lambda: len({job["id"] for _, job in heard(receiver, "job.succeeded")}) == 100, 30, "100 events")
    until(lambda: heard(receiver, "batch.completed"), 30, "batch.completed")
    ids = Counter(
        job["id"] for _, job in {pair[0]: pair for pair in heard(receiver, "job.succeeded")}.values()
    )
    assert set(ids.values()) == {1}, "an event had two webhook ids"
    assert len({webhook_id for webhook_id, _ in heard(receiver, "batch.completed")}) == 1


def test_a_batch_whose_api_dies_while_it_is_handed_in_is_not_begun(stack, pictures):
    stack.up(**INSIDE)
    stack.start("feeder", **INSIDE)

    def halting():
        for number, line in enumerate(lines(pictures, 1000)):
            yield line
            if number == 700:
                time.sleep(1)
                stack.kill("web")

    with pytest.raises(httpx.HTTPError):
        hand_in(stack, halting())
    stack.start("web", **INSIDE)
    until(lambda: stack.http.get("/readyz").status_code == 200, 30, "readyz")

    [left] = stack.http.get("/v1/batches").json()["data"]
    assert (left["status"], left["counts"]["total"]) == ("validating", 0)
    stack.records.zadd("batches:receiving", {left["id"]: 0})
    until(lambda: batch(stack, left["id"])["status"] == "failed", 5, "the batch to be given up")
    assert batch(stack, left["id"])["errors"][0]["code"] == "upload_interrupted"
    assert stack.records.keys("job:*") == []
    stored = list(Path(stack.folder).glob(f"objects/t/local/{left['id']}/*"))
    assert stored
    # Its time is over: what was stored of it goes, too.
    stack.records.hset(f"batch:{left['id']}", "expires_at", 1)
    stack.records.zadd("batches:ended", {left["id"]: 1})
    until(lambda: not any(path.exists() for path in stored), 5, "the lines to be deleted")

    again = hand_in(stack, b"".join(lines(pictures, 12)))
    assert ended(stack, again, 30)["counts"]["succeeded"] == 12
    assert len(stack.records.keys("job:*")) == 12


def test_a_large_batch_of_one_tenant_does_not_starve_another(stack, pictures):
    stack.up(**INSIDE)
    objects = open_store(Settings(data_dir=stack.folder))
    store = RedisBatchStore(stack.records, 3600)
    for tenant, batch_id, count in (("big", "bat_" + "0" * 26, 300), ("small", "bat_" + "1" * 26, 10)):
        store.begin(batch_id, tenant, "")
        writer = LineWriter(objects, tenant, batch_id)
        for number in range(1, count + 1):
            asked = {"input": {"url": f"{pictures.url}/{number}.png"}, "priority": "bulk"}
            spec = JobSpec.model_validate(asked)
            writer.write(StoredLine(number, None, spec.model_dump_json()))
        writer.flush()
        store.accept(batch_id, "w" * count, [])
    stack.start("feeder", **INSIDE)

    until(lambda: store.get("bat_" + "1" * 26).status.is_final, 60, "the small batch")

    assert store.get("bat_" + "1" * 26).status == "succeeded"
    # Its fair share is half: ten of the large one's lines beside its ten, and both windows on top.
    done_of_the_large = store.get("bat_" + "0" * 26).counts
    assert done_of_the_large["s"] <= 2 * (10 + 8)


def test_an_interactive_job_does_not_wait_for_a_batch(stack, pictures, picture):
    stack.up(**INSIDE)
    stack.start("feeder", **INSIDE)
    batch_id = hand_in(stack, b"".join(lines(pictures, 300)))
    until(lambda: batch(stack, batch_id)["counts"]["succeeded"] >= 5, 30, "the batch to run")
    before = batch(stack, batch_id)["counts"]["succeeded"]
    assert stack.finished(stack.submit(picture))["status"] == "succeeded"
    assert batch(stack, batch_id)["counts"]["succeeded"] - before <= 3 * 8


def test_fifty_thousand_lines_take_little_memory(stack, pictures):
    stack.start("redis")
    until(stack.records.ping, 10, "redis")
    stack.start("web", **INSIDE)
    until(lambda: stack.http.get("/healthz").status_code == 200, 30, "healthz")
    results: list[str] = []

    began = time.monotonic()
    sending = Thread(target=lambda: results.append(hand_in(stack, lines(pictures, 50_000))))
    sending.start()
    most = 0
    while sending.is_alive():
        most = max(most, *(_resident_bytes(pid) for pid in _children(stack.processes["web"].pid)))
        time.sleep(0.1)
    sending.join()
    seconds = time.monotonic() - began

    print(f"50,000 lines in {seconds:.1f} s, {most / 1e6:.0f} MB resident at most")  # noqa: T201
    assert batch(stack, results[0])["counts"]["total"] == 50_000
    assert most < 150e6
    assert seconds < 300


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] or [pid]


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
