"""The smallest server of `/v1/files/`: what the API does with a signed URL, without the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlsplit

from shared.errors import AppError
from shared.storage.headers import attachment
from shared.storage.port import ObjectStore
from shared.storage.signing import ROUTE, FileRequest, Grant, verify


class FileServer(ThreadingHTTPServer):
    """Serves `store`, once it is set."""

    store: ObjectStore
    secret: str


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self):
        self._answer(self._send)

    def do_PUT(self):
        self._answer(self._receive)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, serve):
        try:
            serve(self._granted())
        except AppError as error:
            self._reply(error.http_status, {}, b"")

    def _granted(self) -> Grant:
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length")
        request = FileRequest(
            method=self.command,
            key=unquote(parts.path).removeprefix(ROUTE),
            query=dict(parse_qsl(parts.query)),
            content_type=self.headers.get("Content-Type", ""),
            content_length=None if length is None else int(length),
        )
        return verify(request, self.server.secret)

    def _send(self, grant: Grant) -> None:
        facts = self.server.store.stat(grant.key)
        with self.server.store.open(grant.key) as body:
            content = body.read()
        headers = {"Content-Type": facts.content_type, "Content-Disposition": attachment(grant.filename)}
        self._reply(200, headers, content)

    def _receive(self, grant: Grant) -> None:
        body = BytesIO(self.rfile.read(grant.content_length))
        self.server.store.put(grant.key, body, content_type=grant.content_type)
        self._reply(200, {}, b"")

    def _reply(self, status, headers, content):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(secret: str) -> Iterator[FileServer]:
    """A file server on a free port of loopback."""
    with FileServer(("127.0.0.1", 0), _Handler) as server:
        server.secret = secret
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
