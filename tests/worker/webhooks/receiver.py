"""A server that is told of events: it answers each path with the function of that name, and remembers."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class Receiver(ThreadingHTTPServer):
    """Call `close` at the end; `over` ends the slow answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = Event()
        self.heard: list[tuple[str, dict[str, str], str]] = []
        """Path, headers in lower case, body."""
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append((self.path, headers, body))
        getattr(self, self.path.strip("/").split("/")[0])()

    def do_GET(self):
        self.server.heard.append((self.path, {}, ""))
        self.reply(200)

    def log_message(self, *_):
        pass

    def reply(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Length": len(content), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(content)

    def ok(self):
        self.reply(204)

    def status(self):
        self.reply(int(self.path.rpartition("/")[2]), b"no " * 1000)

    def busy(self):
        self.reply(503, Retry_After="77")

    def inside(self):
        self.reply(302, Location=f"{self.server.url}/ok")

    def slow(self):
        self.server.over.wait(30)

    def slow_then_ok(self):
        time.sleep(1)
        self.reply(204)

    def dripping(self):
        """200 at once, then a body without end."""
        self.send_response(200)
        self.end_headers()
        while not self.server.over.wait(0.05):
            self.wfile.write(b".")

    def huge(self):
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        while not self.server.over.is_set():
            self.wfile.write(b"x" * 65536)
