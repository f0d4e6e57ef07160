"""Whom a guarded session believes over TLS: a pinned address changes nothing about the name in the certificate."""

import socket
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from unittest.mock import patch

import pytest
import trustme
from requests.exceptions import SSLError

from shared import urlguard
from shared.urlguard import UrlRules, guarded_session

ANYBODY, LOOPBACK = UrlRules(), UrlRules(allowlist=("localhost",))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """Shows a certificate for these names."""

    daemon_threads = True

    def __init__(self, authority, *names):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, *_):
        """A client that does not believe us hangs up."""


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def trusting(authority, tmp_path, monkeypatch):
    """The only authority that anybody trusts."""
    bundle = tmp_path / "authorities.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setattr(urlguard, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
    urlguard._trusted.cache_clear()
    yield
    urlguard._trusted.cache_clear()


@pytest.fixture
def serving():
    servers = []

    def serving(authority, *names):
        servers.append(Server(authority, *names))
        return servers[-1].server_port

    yield serving
    for server in servers:
        server.shutdown()
        server.server_close()


def asked(port, rules, name):
    """What a session gets of the server, which the name's public address leads to; or goes there plainly."""

    def connect(_address, *_, **__):
        connection = socket.socket()
        connection.connect(("127.0.0.1", port))
        return connection

    public = [(2, 1, 6, "", ("8.8.8.8", 443))]
    with (
        patch("urllib3.util.connection.create_connection", side_effect=connect),
        patch("requests_hardened.ip_filter.socket.getaddrinfo", return_value=public),
        guarded_session(rules, total_seconds=5) as session,
    ):
        return session.get(f"https://{name}/").text


@pytest.mark.parametrize(("rules", "name"), [(ANYBODY, "example.com"), (LOOPBACK, "localhost")])
@pytest.mark.usefixtures("trusting")
class TestCertificates:
    def test_one_of_this_name_by_a_trusted_authority_is_believed(self, authority, serving, rules, name):
        assert asked(serving(authority, name), rules, name) == "ok"

    def test_one_of_another_name_is_not(self, authority, serving, rules, name):
        port = serving(authority, "other.example", "8.8.8.8")
        with pytest.raises(SSLError, match="match"):
            asked(port, rules, name)

    def test_nor_is_one_by_somebody_else(self, serving, rules, name):
        port = serving(trustme.CA(), name)
        with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            asked(port, rules, name)


@pytest.mark.usefixtures("trusting")
def test_authorities_are_read_once_for_all_connections(authority, serving):
    reads = []
    load = ssl.SSLContext.load_verify_locations

    def counted(self, *given, **named):
        reads.append(given)
        return load(self, *given, **named)

    port = serving(authority, "example.com", "localhost")
    with patch.object(ssl.SSLContext, "load_verify_locations", counted):
        for rules, name in [(ANYBODY, "example.com"), (LOOPBACK, "localhost")] * 2:
            assert asked(port, rules, name) == "ok"
    assert len(reads) == 1
