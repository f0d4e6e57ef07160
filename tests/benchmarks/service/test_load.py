"""What the benchmarks of the API count."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.service.load import Load


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202 if body == b"x" * 200_000 else 400)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"y" * 100_000)

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_every_answer_is_read_whole_and_counted(port):
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
    reading = Load(3, 0.3).run(port, request, 202)
    assert len(reading.latencies_ms) >= 3
    assert reading.rate > 0
    with pytest.raises(AssertionError, match="202"):
        Load(1, 0.1).run(port, request, 200)
