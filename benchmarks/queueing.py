"""What the queue costs: jobs whose network does nothing, against a bare Celery chain of the same length.

python -m benchmarks.queueing [--jobs 300] [--rounds 3]

One Redis, one worker of each kind with four threads, turn by turn. Stages that do nothing show what record, lease and
messages cost; a job of four pixels adds storage, two files that last; one of a megapixel decode and encode. Latency
is that of one job at a time, from POST to finished. Commands are those that came over a connection, without those
that scripts run inside Redis.
"""

import argparse
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from threading import Thread

import httpx
import redis

from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import Row, report
from benchmarks.rivals import bare_chain
from benchmarks.service.installation import Installation, installation
from benchmarks.service.photos import jpeg
from benchmarks.service.submitting import Submitter
from shared.queue.names import QUEUES
from shared.spec.job import Priority

_POLITE_SECONDS = 0.01
_MONITORED_JOBS = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """Something to hand in, and to wait for."""

    name: str
    submit: Callable[[], object]
    done: Callable[[], int]
    """How many ever were."""


def main() -> None:
    options = _options()
    with installation() as here:
        chain_url = f"redis://127.0.0.1:{here.redis_port}/3"
        client = _start(here, chain_url)
        kinds = _kinds(here, chain_url)
        for kind in kinds:
            _rate(kind, 20)  # warm
        rates: dict[str, list[float]] = {kind.name: [] for kind in kinds}
        for _ in range(options.rounds):
            for kind in kinds:
                rates[kind.name].append(_rate(kind, options.jobs))
        commands = {kind.name: _commands(kind, here) for kind in kinds}
        latencies = _latencies(client, jpeg(1000, 1000), 60)
    bare = median(rates["bare Celery chain"])
    rows: list[Row] = [
        {
            "what": name,
            "a second": median(found),
            "of the bare chain": median(found) / bare,
            "Redis commands each": commands[name],
        }
        for name, found in rates.items()
    ]
    rows = [row | {"p50 ms, POST to finished": "", "p95 ms": ""} for row in rows]
    rows[-1] = rows[-1] | {
        "p50 ms, POST to finished": median(latencies),
        "p95 ms": percentile(latencies, 0.95),
    }
    report("queueing", "Jobs of a network that does nothing, a second", rows)


def _start(here: Installation, chain_url: str) -> httpx.Client:
    port = here.gunicorn("api.wsgi:app")
    here.worker("benchmarks.service.sleeping_worker", QUEUES[:3], SLEEP_SECONDS="0")
    here.worker("benchmarks.service.idle_worker", QUEUES[3:])
    here.worker("benchmarks.rivals.bare_chain", [bare_chain.QUEUE], BARE_CHAIN_URL=chain_url)
    here.start("python", "-m", "worker.keeper")
    return here.client(port)


def _kinds(here: Installation, chain_url: str) -> list[Kind]:
    counter = redis.Redis.from_url(chain_url)
    bare_chain.app.conf.broker_url = chain_url
    submitter = Submitter(here)
    pixel, megapixel = submitter.kept(jpeg(2, 2)), submitter.kept(jpeg(1000, 1000))
    return [
        Kind("bare Celery chain", bare_chain.submit, lambda: int(counter.get(bare_chain.DONE) or 0)),
        Kind(
            "job whose stages do nothing",
            lambda: submitter.submit(pixel, Priority.BULK),
            submitter.finished,
        ),
        Kind("job of 4 px", lambda: submitter.submit(pixel), submitter.finished),
        Kind("job of 1 MP", lambda: submitter.submit(megapixel), submitter.finished),
    ]


def _rate(kind: Kind, count: int) -> float:
    """Done a second, from the first one handed in to the last one done."""
    wanted = kind.done() + count
    started = time.perf_counter()
    for _ in range(count):
        kind.submit()
    while kind.done() < wanted:
        time.sleep(_POLITE_SECONDS)
    return count / (time.perf_counter() - started)


def _commands(kind: Kind, here: Installation) -> float:
    """Commands that one causes, one at a time, less what the idle installation asks in the meantime."""
    with _monitored(here) as seen:
        started = time.perf_counter()
        for _ in range(_MONITORED_JOBS):
            _rate(kind, 1)
            time.sleep(0.05)
        elapsed = time.perf_counter() - started
    with _monitored(here) as idle:
        time.sleep(elapsed)
    return round((sum(seen.values()) - sum(idle.values())) / _MONITORED_JOBS, 1)


@contextmanager
def _monitored(here: Installation) -> Iterator[Counter[str]]:
    """Commands by name, while the block runs; not our own questions whether all is done."""
    seen: Counter[str] = Counter()
    connection = here.records

    def listen() -> None:
        with connection.monitor() as monitor:
            for event in monitor.listen():
                words = event["command"].split()
                if words[0] == "PING" and words[-1] == "stop":
                    return
                if event["client_type"] != "lua" and words[0] not in ("MONITOR", "GET", "HVALS", "CLIENT"):
                    seen[words[0]] += 1

    listener = Thread(target=listen)
    listener.start()
    time.sleep(0.2)
    yield seen
    time.sleep(0.2)
    connection.execute_command("PING", "stop")
    listener.join()


def _latencies(client: httpx.Client, photo: bytes, count: int) -> list[float]:
    """Milliseconds from posting a photo to its job's end, one at a time."""
    found = []
    for number in range(count):
        body = io.BytesIO(photo + number.to_bytes(4, "big"))  # behind its end: another file, the same picture
        started = time.perf_counter()
        answer = client.post("/v1/jobs", files={"image": body}, headers={"Prefer": "wait=60"})
        assert answer.json()["status"] == "succeeded", answer.text
        found.append((time.perf_counter() - started) * 1000)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=300, help="of each kind in a round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
