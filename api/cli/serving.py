"""What every command that talks to a server shares: which one, and what its errors become."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape

from api.client.client import CutroomClient, CutroomError, Json, Refused, Unreachable

FAILED = 1
UNREACHABLE = 3

# Chatter goes to stderr, so that stdout holds only what a script wants.
CHATTER = Console(stderr=True, highlight=False)

F = TypeVar("F", bound=Callable[..., Any])


def _server(_ctx: click.Context, _param: click.Parameter, url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} does not begin with http:// or https://")
    return url


def server_option(command: F) -> F:
    """The option `--server`."""
    return click.option(
        "--server",
        metavar="URL",
        envvar="CUTROOM_URL",
        default="http://127.0.0.1:8000",
        show_default=True,
        show_envvar=True,
        callback=_server,
        help="Where the API answers; if it asks for a key, put yours into CUTROOM_KEY.",
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
        said = f"[red]No answer from {escape(server)}:[/] {escape(str(error))}"
        CHATTER.print(f"{said}\nIs it running? `cutroom up` starts it.", soft_wrap=True)
        raise SystemExit(UNREACHABLE) from None
    except Refused as refusal:
        tell_refusal(refusal)
        raise SystemExit(FAILED) from None
    except BrokenPipeError:
        raise  # `… | head`: click ends it quietly
    # OSError: a photo that may not be read, a folder that may not be written.
    except (CutroomError, OSError) as error:
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
        took = f"{job['id']}  succeeded  {made}  in {job['timings_ms']['total'] / 1000:.1f} s"
        return "  ".join([took, *quality_flags(job)])
    if job["status"] == "running":
        return f"{job['id']}  running  {job['stage']}, {job['progress']:.0%} done"
    waiting = f"  {job['queue_position']} before it" if job["status"] == "queued" else ""
    return f"{job['id']}  {job['status']}{waiting}"


def quality_flags(job: Json) -> list[str]:
    """What a person should look at before using the result, such as `low_confidence`."""
    return list((job["quality"] or {}).get("flags", ()))


def tell_refusal(refusal: Refused, about: str = "") -> None:
    """Say what was refused and why; `about` names the photo, where there are several."""
    fields = refusal.problem.get("errors") or []
    lines = [f"  {one['field'] or 'the document'}: {one['detail']}" for one in fields]
    title = str(refusal.problem.get("title", refusal))
    told = f"{about}: {title}" if about else title
    head = f"[red]Refused ({refusal.code or refusal.status}):[/] {escape(told)}"
    rest = [*(lines or [f"  {refusal}"]), f"  request {refusal.request_id}"]
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        rest.append(
            "  Put your key into CUTROOM_KEY; whoever runs the server makes one: `cutroom keys create`."
        )
    CHATTER.print("\n".join([head, *map(escape, rest)]), soft_wrap=True)
