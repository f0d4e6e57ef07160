"""The receivers of webhooks in docs/partners.md, each run by its own interpreter, against the package that signs.

Skipped, and said so, where a language is not installed: `apt-get install golang-go php-cli nodejs`.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from shared.events.signing import new_secret
from tests.integration.stack import free_port
from tests.test_snippets import snippets

pytestmark = pytest.mark.integration

START_SECONDS = 120
"""Go compiles its standard library first."""
BODY = '{"type": "job.succeeded", "data": {"id": "job_1", "metadata": {"title": "Grüße, 日本"}}}'
ID = "dlv_1"

GO_SERVER = """
package main

import (
	"io"
	"net/http"
	"os"

	"snippet/hooks"
)

func main() {
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(
		func(answer http.ResponseWriter, request *http.Request) {
			body, _ := io.ReadAll(request.Body)
			if hooks.Verified(os.Getenv("WEBHOOK_SECRET"), request.Header, body) {
				answer.WriteHeader(204)
			} else {
				answer.WriteHeader(401)
			}
		}))
}
"""


@dataclass(frozen=True)
class Program:
    """A command, and what it finds in its environment."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def snippet(language: str, holding: str) -> str:
    [text] = [text for text in snippets("partners", language) if holding in text]
    return text


def node(folder: Path, port: int) -> Program:
    text, ports = re.subn(r"\.listen\(9001\b", f".listen({port}", snippet("js", "createHmac"))
    assert ports == 1
    (folder / "receiver.mjs").write_text(text)
    return Program(["node", "receiver.mjs"])


def go(folder: Path, port: int) -> Program:
    (folder / "hooks").mkdir()
    (folder / "hooks" / "hooks.go").write_text(snippet("go", "package hooks"))
    (folder / "main.go").write_text(GO_SERVER)
    (folder / "go.mod").write_text("module snippet\n")
    return Program(["go", "run", "."], {"PORT": str(port), "GOFLAGS": "-mod=mod", "GOPROXY": "off"})


def php(folder: Path, port: int) -> Program:
    (folder / "receiver.php").write_text(snippet("php", "function verified"))
    return Program(["php", "-d", "display_errors=1", "-S", f"127.0.0.1:{port}", "receiver.php"])


@contextmanager
def running(program: Program, folder: Path, port: int, secret: str) -> Iterator[str]:
    """Where it listens."""
    environment = {**os.environ, **program.environment, "WEBHOOK_SECRET": secret}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            program.command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        ends_at = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < ends_at, (folder / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(process.pid, 15)  # `go run` starts a child
        process.wait(20)


@dataclass(frozen=True)
class Receiver:
    url: str
    secret: str

    def hear(self, body: str = BODY, headers: dict[str, str] | None = None) -> int:
        """The answer to a delivery, genuine unless told otherwise."""
        given = signed(self.secret) if headers is None else headers
        return httpx.post(self.url, content=body.encode(), headers=given).status_code


def signed(secret: str, at: datetime | None = None) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    return {
        "webhook-id": ID,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(ID, moment, BODY),
    }


@pytest.fixture(scope="module", params=[node, go, php], ids=lambda language: language.__name__)
def receiver(request, tmp_path_factory) -> Iterator[Receiver]:
    language: Callable[[Path, int], Program] = request.param
    if shutil.which(language.__name__) is None:
        pytest.skip(f"{language.__name__} is not installed: its snippet was not run")
    folder, port, secret = tmp_path_factory.mktemp(language.__name__), free_port(), new_secret()
    with running(language(folder, port), folder, port, secret) as url:
        yield Receiver(url, secret)


def test_what_is_genuine_is_believed(receiver):
    assert receiver.hear() == 204


def test_while_a_secret_is_rotated_one_of_two_signatures_suffices(receiver):
    now = datetime.now(UTC)
    both = [signed(secret, now)["webhook-signature"] for secret in (receiver.secret, new_secret())]
    for order in (both, both[::-1]):
        headers = signed(receiver.secret, now) | {"webhook-signature": " ".join(order)}
        assert receiver.hear(headers=headers) == 204


def test_another_secret_s_signature_is_not_believed(receiver):
    assert receiver.hear(headers=signed(new_secret())) == 401


@pytest.mark.parametrize("body", [BODY.replace("job_1", "job_2"), f"{BODY} ", ""])
def test_another_body_is_not_believed(receiver, body):
    assert receiver.hear(body) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "dlv_2"}, {"webhook-id": ""}, {"webhook-timestamp": "x"}, {"webhook-timestamp": ""},
        {"webhook-timestamp": str(int(time.time()) + 60)}, {"webhook-signature": ""}, {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,AAAA"}, {"webhook-signature": "nonsense"},
    ],
    ids=str,
)  # fmt: skip
def test_another_header_is_not_believed(receiver, changed):
    assert receiver.hear(headers=signed(receiver.secret) | changed) == 401


def test_the_right_bytes_under_another_version_are_not_believed(receiver):
    genuine = signed(receiver.secret)
    other = genuine | {"webhook-signature": genuine["webhook-signature"].replace("v1,", "v2,")}
    assert receiver.hear(headers=other) == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_delivery_is_not_believed(receiver, minutes):
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert receiver.hear(headers=signed(receiver.secret, at)) == 401


def test_nothing_signed_is_not_believed(receiver):
    assert receiver.hear(headers={}) == 401
