import gzip
import hashlib
import io
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from shared.download import DownloadLimits, download
from shared.errors import DownloadFailed, SourceUnreachable, UrlNotAllowed
from shared.urlguard import UrlRules

PICTURE = b"picture" * 1000
LIMITS = DownloadLimits(max_bytes=100_000, total_seconds=5)
LOOPBACK = UrlRules(allowlist=("127.0.0.1",))


class Server(ThreadingHTTPServer):
    """Answers each path with the function of that name; `over` ends the slow ones."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = Event()
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        getattr(self, self.path.strip("/").split("/")[0])()

    def log_message(self, *_):
        pass

    def reply(self, status=200, content=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Length": len(content), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(content)

    def picture(self):
        self.reply(content=PICTURE, Content_Type="image/png")

    def status(self):
        self.reply(int(self.path.rpartition("/")[2]), b"no")

    def hops(self):
        left = int(self.path.rpartition("/")[2])
        self.reply(302, Location=f"/hops/{left - 1}" if left else "/picture")

    def inside(self):
        self.reply(302, Location="http://169.254.169.254/latest/meta-data")

    def to_file(self):
        self.reply(302, Location="file:///etc/passwd")

    def nowhere(self):
        self.reply(302)

    def said_large(self):
        self.reply(content=b"x", Content_Length=10**9)

    def negative(self):
        self.reply(content=b"x" * 200_000, Content_Length="-5")

    def unsaid_large(self):
        self.send_response(200)
        self.end_headers()
        self.pour(lambda: b"x" * 50_000)

    def chunked_large(self):
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.pour(lambda: b"c350\r\n" + b"x" * 50_000 + b"\r\n")

    def redirect_with_endless_body(self):
        self.send_response(302)
        self.send_header("Location", "/picture")
        self.end_headers()
        self.pour(lambda: b"x" * 50_000)

    def cut_short(self):
        self.reply(content=b"x", Content_Length=500)

    def packed(self):
        self.reply(content=gzip.compress(b"x" * 10**7), Content_Encoding="gzip")

    def slow_body(self):
        self.send_response(200)
        self.end_headers()
        self.drip()

    def slow_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip()

    def silent(self):
        self.server.over.wait(10)

    def pour(self, make):
        while not self.server.over.is_set():
            self.wfile.write(make())

    def drip(self):
        while not self.server.over.wait(0.05):
            self.wfile.write(b"x")
            self.wfile.flush()


@pytest.fixture
def server():
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def fetch(url, rules=LOOPBACK, limits=LIMITS):
    into = io.BytesIO()
    return download(url, into, rules, limits), into.getvalue()


def test_a_download_is_written_counted_and_hashed(server):
    got, content = fetch(f"{server.url}/picture")
    assert content == PICTURE
    assert (got.bytes, got.content_type) == (len(PICTURE), "image/png")
    assert got.sha256 == hashlib.sha256(PICTURE).hexdigest()


def test_the_request_names_us_and_asks_for_no_packing(server):
    fetch(f"{server.url}/picture")
    _, headers = server.asked[0]
    assert headers["User-Agent"] == "cutroom"
    assert headers["Accept-Encoding"] == "identity"


def test_without_the_allowlist_loopback_is_refused(server):
    for rules in (UrlRules(), UrlRules(allow_http=True)):
        with pytest.raises(UrlNotAllowed):
            fetch(f"{server.url}/picture", rules)
    assert server.asked == []


def test_five_redirects_are_followed_and_a_sixth_is_not(server):
    assert fetch(f"{server.url}/hops/4")[1] == PICTURE
    with pytest.raises(DownloadFailed, match="redirects"):
        fetch(f"{server.url}/hops/5")


@pytest.mark.parametrize("path", ["inside", "to_file"])
def test_a_redirect_is_checked_like_the_first_address(server, path):
    with pytest.raises(UrlNotAllowed):
        fetch(f"{server.url}/{path}")


def test_a_redirect_to_nowhere_fails(server):
    with pytest.raises(DownloadFailed, match="without an address"):
        fetch(f"{server.url}/nowhere")


def test_the_body_of_a_redirect_is_not_read(server):
    assert fetch(f"{server.url}/redirect_with_endless_body")[1] == PICTURE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204, 206, 304])
def test_an_answer_that_will_not_change_fails_for_good(server, status):
    with pytest.raises(DownloadFailed, match=str(status)) as raised:
        fetch(f"{server.url}/status/{status}")
    assert not raised.value.retryable


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
def test_an_answer_that_may_change_is_tried_again(server, status):
    with pytest.raises(SourceUnreachable, match=str(status)) as raised:
        fetch(f"{server.url}/status/{status}")
    assert raised.value.retryable
    assert raised.value.code == "download_failed"


@pytest.mark.parametrize("path", ["said_large", "unsaid_large", "chunked_large"])
def test_a_body_past_the_limit_is_refused_whatever_the_server_says(server, path):
    with pytest.raises(DownloadFailed, match="more than 100000 bytes"):
        fetch(f"{server.url}/{path}")


def test_a_senseless_length_lifts_no_limit(server):
    with pytest.raises((DownloadFailed, SourceUnreachable)):
        fetch(f"{server.url}/negative")


def test_a_body_of_exactly_the_limit_is_allowed(server):
    limits = DownloadLimits(max_bytes=len(PICTURE), total_seconds=5)
    assert fetch(f"{server.url}/picture", limits=limits)[0].bytes == len(PICTURE)


def test_a_body_that_ends_early_is_tried_again(server):
    with pytest.raises(SourceUnreachable):
        fetch(f"{server.url}/cut_short")


def test_a_packed_body_is_refused_unopened(server):
    with pytest.raises(DownloadFailed, match="compressed"):
        fetch(f"{server.url}/packed")


@pytest.mark.parametrize("path", ["slow_body", "slow_headers", "silent"])
def test_the_time_limit_is_total(server, path):
    started = time.monotonic()
    with pytest.raises(SourceUnreachable, match="too long"):
        fetch(f"{server.url}/{path}", limits=DownloadLimits(max_bytes=100_000, total_seconds=0.5))
    assert 0.4 < time.monotonic() - started < 2


def test_a_slow_tls_handshake_is_cut_off(server):
    """The server's bytes never become a handshake: one at a time, each in time for a limit per read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"\x16\x03\x03\x40\x00")
                while not server.over.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = Thread(target=drip)
        thread.start()
        started = time.monotonic()
        with pytest.raises(SourceUnreachable, match="too long"):
            fetch(
                f"https://127.0.0.1:{listening.getsockname()[1]}/x",
                limits=DownloadLimits(max_bytes=100_000, total_seconds=0.5),
            )
        assert time.monotonic() - started < 2
        server.over.set()
        thread.join()


def test_nobody_listening_is_tried_again():
    with pytest.raises(SourceUnreachable):
        fetch("http://127.0.0.1:9/x")


def test_a_server_without_trusted_tls_fails_for_good(server):
    with pytest.raises((DownloadFailed, SourceUnreachable)):
        fetch(server.url.replace("http://", "https://") + "/picture")


def test_an_error_of_the_receiving_file_is_not_the_servers(server):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        download(f"{server.url}/picture", Full(), LOOPBACK, LIMITS)
