"""A receiver of webhooks on this machine: verifies each delivery and hands it on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

from standardwebhooks import Webhook, WebhookVerificationError

from api.client.client import Json

_MAX_BYTES = 1_000_000

Receive = Callable[[Json, str], None]
"""Called with each event that is genuine, and the id of its delivery."""
Refuse = Callable[[str], None]
"""Called with the reason why one is not."""


class Receiver(ThreadingHTTPServer):
    """Listens on loopback only. A genuine delivery is answered with 204, any other with 401."""

    daemon_threads = True

    def __init__(self, port: int, receive: Receive, refuse: Refuse) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.webhook: Webhook | None = None
        self.receive = receive
        self.refuse = refuse

    @property
    def url(self) -> str:
        """Where deliveries are to be sent."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    @contextmanager
    def believing(self, secret: str) -> Iterator[None]:
        """Take deliveries signed with this secret; those that came earlier have waited."""
        self.webhook = Webhook(secret)
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_version = "cutroom-webhooks"
    timeout = 30

    def do_POST(self) -> None:
        receiver = cast(Receiver, self.server)
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _MAX_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        try:
            # Lower case, as the library looks for them.
            cast(Webhook, receiver.webhook).verify(
                body, {name.lower(): value for name, value in self.headers.items()}
            )
            event = cast(Json, json.loads(body))
        except (WebhookVerificationError, ValueError) as error:
            self._answer(HTTPStatus.UNAUTHORIZED)
            receiver.refuse(str(error))
            return
        self._answer(HTTPStatus.NO_CONTENT)
        receiver.receive(event, self.headers["webhook-id"])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the events are what is printed."""

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
