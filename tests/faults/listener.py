"""A receiver of webhooks as they are in life: it refuses some, and hangs up on others after it has heard them."""

import json
import zlib
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from standardwebhooks import Webhook

EVENTS = ("job.started", "job.succeeded", "job.failed", "job.canceled", "job.expired")
_HOOK = "/v1/webhooks"


class Listener(ThreadingHTTPServer):
    """Remembers what it was told; a third it refuses at first, to a third it says nothing at first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/told"
        self.is_down = Event()
        """While set, it hangs up on everybody."""
        self.secret = ""
        self.mistakes: list[str] = []
        """Messages that no sender of ours should send."""
        self._lock = Lock()
        self._met: set[str] = set()
        self._told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._ends: dict[str, set[str]] = defaultdict(set)
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def register(self, http) -> None:
        """Ask an API for every event of every job."""
        answer = http.post(_HOOK, json={"url": self.url, "events": EVENTS}).raise_for_status()
        self.secret = answer.json()["secret"]

    def told_of(self, job_id: str) -> dict[str, set[str]]:
        """The kinds of events heard of a job, each with the ids under which they came."""
        with self._lock:
            return {kind: set(ids) for kind, ids in self._told[job_id].items()}

    def ends_of(self, job_id: str) -> set[str]:
        """The states in which the job stood in the messages about its end."""
        with self._lock:
            return set(self._ends[job_id])

    def hear(self, message_id: str, headers: dict[str, str], body: bytes) -> int | None:
        """The status to answer with; None: none."""
        with self._lock:
            is_first = message_id not in self._met
            self._met.add(message_id)
        mood = zlib.crc32(message_id.encode()) % 3 if is_first else 2
        if mood == 0:
            return 503
        self._note(message_id, headers, body)
        return None if mood == 1 else 204

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A sender that is killed hangs up."""

    def _note(self, message_id: str, headers: dict[str, str], body: bytes) -> None:
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception as error:  # noqa: BLE001  whatever its library says of it
            self.mistakes.append(f"{message_id}: {error!r}")
            return
        document = json.loads(body)
        kind, job = document["type"], document["data"]
        with self._lock:
            self._told[job["id"]][kind].add(message_id)
            if kind != "job.started":
                self._ends[job["id"]].add(job["status"])


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self):
        if self.server.is_down.is_set():
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = self.server.hear(headers["webhook-id"], headers, body)
        if status is not None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_):
        pass
