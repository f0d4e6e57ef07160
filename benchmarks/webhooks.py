"""Webhooks delivered a second, by how many endpoints listen: one sender, a receiver that answers at once.

python -m benchmarks.webhooks [--endpoints 1,4,16] [--events 400]

Each event goes to one endpoint; at most two deliveries of an endpoint are under way at once. Events are there before
the sender starts; what counts is from the first one heard to the last.
"""

import argparse
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from rich.progress import track

from benchmarks.publishing.report import Row, report
from benchmarks.service.installation import Installation, installation
from shared.events.endpoints import Endpoint
from shared.events.redis_endpoints import RedisEndpointStore
from shared.events.signing import new_secret
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.records import connect
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.spec.webhook import EventType

_PICTURE = InputFacts(key="", width=1, height=1, bytes=1, content_type="image/png", sha256="")
_POLITE_SECONDS = 0.02


class Receiver(ThreadingHTTPServer):
    """Says yes to everything, and when."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[float] = []
        Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(time.perf_counter())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    options = _options()
    report(
        "webhooks",
        "Webhooks delivered a second, by endpoints",
        [_row(count, options.events) for count in track(options.endpoints, "endpoints")],
    )


def _row(endpoints: int, events: int) -> Row:
    receiver = Receiver()
    with installation() as here, receiver:
        _happen(here, receiver, endpoints, events)
        here.start(
            "python", "-m", "worker.webhooks",
            CUTROOM_URL_ALLOWLIST='["127.0.0.1"]', CUTROOM_ALLOW_HTTP_URLS="true",
        )  # fmt: skip
        while len(receiver.heard) < events:
            time.sleep(_POLITE_SECONDS)
        receiver.shutdown()
    seconds = max(receiver.heard) - min(receiver.heard)
    return {"endpoints": endpoints, "a second": events / seconds, "of each": events / seconds / endpoints}


def _happen(here: Installation, receiver: Receiver, endpoints: int, events: int) -> None:
    """Jobs that are cancelled: each tenant has one endpoint, and as many jobs as any other."""
    redis = connect(here.redis_url)
    store, listening = RedisJobStore(redis, StoreTimes.of(Settings())), RedisEndpointStore(redis)
    url = f"http://127.0.0.1:{receiver.server_port}/"
    for number in range(endpoints):
        asked = (EventType.JOB_CANCELED,)
        endpoint = Endpoint(f"whk_{number}", f"tenant{number}", url, asked, "", is_enabled=True, created_at=0)
        listening.create(endpoint, new_secret(), 1)
    for number in range(events):
        job_id = f"job_{number}"
        store.create(job_id, f"tenant{number % endpoints}", JobSpec(), _PICTURE, "bench")
        store.cancel(job_id)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--endpoints", type=lambda text: [int(one) for one in text.split(",")], default=[1, 4, 16]
    )
    parser.add_argument("--events", type=int, default=400)
    return parser.parse_args()


if __name__ == "__main__":
    main()
