"""`cutroom webhooks`: receive events on this machine, to see what a partner's endpoint would get."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

import click

from api.cli.receiving import Receiver
from api.cli.serving import CHATTER, server_option, talking_to
from api.client.client import CutroomClient, Json, Refused

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{20,200}={0,2}")
_ALL = ["job.started", "job.succeeded", "job.failed", "job.canceled", "job.expired", "batch.completed"]


class _Printer:
    """Events on stdout; ends after a number of them."""

    def __init__(self, *, as_json: bool, count: int | None) -> None:
        self._as_json = as_json
        self._left = count
        self._lock = Lock()
        self.is_done = Event()

    def receive(self, event: Json, delivery_id: str) -> None:
        """Print it."""
        with self._lock:
            if self.is_done.is_set():
                return
            click.echo(json.dumps(event) if self._as_json else _line(event, delivery_id))
            if self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self.is_done.set()

    def refuse(self, reason: str) -> None:
        """Say so; whoever sends with another secret, or long ago, is not believed."""
        CHATTER.print(f"[red]refused with 401:[/] {reason}")


def _check_secret(_ctx: click.Context, _param: click.Parameter, secret: str | None) -> str | None:
    if secret is not None and not _SECRET.fullmatch(secret):
        raise click.BadParameter("not a secret: `whsec_` and base64")
    return secret


@click.group(short_help="Receive webhooks on this machine.")
def command() -> None:
    """Receive webhooks on this machine.

    \b
    Example:
      cutroom webhooks listen
    """


@command.command(short_help="Print the events that the server sends.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Where to listen. [default: any]")
@click.option(
    "--secret",
    metavar="whsec_…",
    callback=_check_secret,
    help="Verify with this secret, and register nothing: for an endpoint you have.",
)
@click.option("--count", type=click.IntRange(1), metavar="N", help="End after N events.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as JSON, one on a line.")
@server_option
def listen(port: int, secret: str | None, count: int | None, as_json: bool, server: str) -> None:
    """Print the events that the server sends, each verified as Standard Webhooks says, until Ctrl-C.

    Listens on 127.0.0.1 and registers that address as an endpoint while it runs. Servers send nothing to private
    addresses unless told to: start yours with CUTROOM_URL_ALLOWLIST='["127.0.0.1"]'.

    \b
    Examples:
      cutroom webhooks listen
      cutroom webhooks listen --json --count 1 | jq .type
      cutroom webhooks listen --secret whsec_… --port 9000

    \b
    Exit codes: 0 N events came; 1 the server refused the address; 3 no server; 130 interrupted.
    """
    printer = _Printer(as_json=as_json, count=count)
    try:
        receiver = Receiver(port, printer.receive, printer.refuse)
    except OSError as error:
        raise click.ClickException(f"cannot listen on port {port}: {error.strerror}") from None
    with receiver:
        if secret:
            _listen(receiver, secret, printer)
            return
        with talking_to(server) as client, _registered(client, receiver.url) as own_secret:
            _listen(receiver, own_secret, printer)


def _listen(receiver: Receiver, secret: str, printer: _Printer) -> None:
    with receiver.believing(secret):
        CHATTER.print(f"listening on {receiver.url}; Ctrl-C ends")
        printer.is_done.wait()


@contextmanager
def _registered(client: CutroomClient, url: str) -> Iterator[str]:
    """The secret of an endpoint of our own, deleted afterwards."""
    wish = {"url": url, "events": _ALL, "description": "cutroom webhooks listen"}
    try:
        endpoint = client.send("POST", "/v1/webhooks", json=wish).json()
    except Refused as refusal:
        if refusal.code == "url_not_allowed":
            hint = "Start the server with CUTROOM_URL_ALLOWLIST='[\"127.0.0.1\"]' to try webhooks on one machine."
            CHATTER.print(hint, markup=False)
        raise
    try:
        yield endpoint["secret"]
    finally:
        client.send("DELETE", f"/v1/webhooks/{endpoint['id']}")


def _line(event: Json, delivery_id: str) -> str:
    data = event["data"]
    about = " ".join(str(data[name]) for name in ("id", "status") if name in data)
    return f"{event['timestamp']}  {event['type']:<16} {about}  ({delivery_id})"
