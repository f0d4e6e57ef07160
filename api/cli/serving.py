"""What every command that talks to a server shares: which one, and what its errors become."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from rich.console import Console

from api.client.client import CutroomClient, CutroomError, Json, Refused, Unreachable

FAILED = 1
UNREACHABLE = 3

# Chatter goes to stderr, so that stdout holds only what a script wants.
CHATTER = Console(stderr=True, highlight=False)

F = TypeVar("F", bound=Callable[..., Any])


def server_option(command: F) -> F:
    """The option `--server`."""
    return click.option(
        "--server",
        metavar="URL",
        envvar="CUTROOM_URL",
        default="http://127.0.0.1:8000",
        show_default=True,
        show_envvar=True,
        help="Where the API answers.",
    )(command)


def json_option(command: F) -> F:
    """The option `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, for scripts.")(command)


@contextmanager
def talking_to(server: str) -> Iterator[CutroomClient]:
    """A client that shows the key in CUTROOM_KEY, and whose errors become a sentence and an exit code."""
    try:
        with CutroomClient(server, api_key=os.environ.get("CUTROOM_KEY")) as client:
            yield client
    except Unreachable as error:
        CHATTER.print(f"[red]No answer from {server}:[/] {error}\nIs it running? `cutroom up` starts it.")
        raise SystemExit(UNREACHABLE) from None
    except Refused as refusal:
        CHATTER.print(_refusal(refusal))
        raise SystemExit(FAILED) from None
    except CutroomError as error:
        raise click.ClickException(str(error)) from None


def print_job(job: Json, *, as_json: bool) -> None:
    """The job on stdout: whole as JSON, or in a line."""
    click.echo(json.dumps(job) if as_json else summary(job))


def summary(job: Json) -> str:
    """A job in a line: what became of it, or how far it is."""
    if job["error"]:
        return f"{job['id']}  {job['status']}  {job['error']['code']}: {job['error']['detail']}"
    if job["status"] == "succeeded":
        made = ", ".join(f"{one['name']} {one['width']}×{one['height']}" for one in job["outputs"])
        return f"{job['id']}  succeeded  {made}  in {job['timings_ms']['total'] / 1000:.1f} s"
    if job["status"] == "running":
        return f"{job['id']}  running  {job['stage']}, {job['progress']:.0%} done"
    waiting = f"  {job['queue_position']} before it" if job["status"] == "queued" else ""
    return f"{job['id']}  {job['status']}{waiting}"


def _refusal(refusal: Refused) -> str:
    fields = refusal.problem.get("errors") or []
    lines = [f"  {one['field'] or 'the document'}: {one['detail']}" for one in fields]
    head = f"[red]Refused ({refusal.code or refusal.status}):[/] {refusal.problem.get('title', refusal)}"
    return "\n".join([head, *(lines or [f"  {refusal}"]), f"  request {refusal.request_id}"])
