"""`cutroom keys`: who may use the API. An operator's command: it talks to Redis, not to the API."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from shared.errors import AppError, StoreUnavailable
from shared.records import connect
from shared.settings import load_settings
from shared.tenants.issuing import IssuedKey, KeyWish, issue, revoke, rotate
from shared.tenants.keys import KeyRecord, is_tenant
from shared.tenants.redis_store import RedisTenantStore
from shared.tenants.store import TenantLimits, TenantStore

_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3600

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


def _tenant(_ctx: click.Context, _param: click.Parameter, name: str) -> str:
    if not is_tenant(name):
        raise click.BadParameter("1 to 40 of a-z, 0-9 and -, not beginning with -")
    return name


@click.group(short_help="Hand out, list, revoke and replace API keys.")
def command() -> None:
    """Hand out, list, revoke and replace API keys.

    The server asks for keys when it runs with CUTROOM_AUTH=keys. These commands write to CUTROOM_REDIS_URL.

    \b
    Exit codes: 0 done; 1 no such key, or no Redis; 2 wrong usage.
    """


@command.command()
@click.argument("tenant", callback=_tenant)
@click.option("--name", default="", help="What the key is for.")
@click.option("--days", type=click.IntRange(1), metavar="N", help="Let the key expire after N days.")
@click.option("--read-only", is_flag=True, help="It may look, but not make, change or delete anything.")
@_json_option
def create(tenant: str, name: str, days: int | None, read_only: bool, as_json: bool) -> None:
    """Make a key for TENANT and show it, this once.

    \b
    Examples:
      cutroom keys create acme --name "web shop"
      cutroom keys create acme --read-only --days 30
    """
    expires_at = time.time() + days * _DAY_SECONDS if days else None
    with _store() as store:
        _show_issued(issue(store, KeyWish(tenant, name, read_only, expires_at)), as_json=as_json)


@command.command("list")
@_json_option
def list_keys(as_json: bool) -> None:
    """List all keys; of each, its id, never the key."""
    with _store() as store:
        records = store.all_keys()
    if as_json:
        click.echo(json.dumps([_public(record) for record in records]))
        return
    table = Table("id", "tenant", "name", "may", "state", show_edge=False)
    for record in records:
        may = "look" if record.is_read_only else "all"
        table.add_row(record.id, record.tenant, record.name, may, _state(record))
    Console().print(table)


@command.command("revoke")
@click.argument("key_id")
@_json_option
def revoke_key(key_id: str, as_json: bool) -> None:
    """End the key KEY_ID now."""
    with _store() as store:
        record = revoke(store, key_id)
    click.echo(json.dumps(_public(record)) if as_json else f"{record.id} of {record.tenant} is revoked")


@command.command("rotate")
@click.argument("key_id")
@click.option(
    "--overlap-hours", type=click.FloatRange(0), default=24.0, show_default=True,
    help="How long the old key still works.",
)  # fmt: skip
@_json_option
def rotate_key(key_id: str, overlap_hours: float, as_json: bool) -> None:
    """Make a key in place of KEY_ID and show it, this once."""
    with _store() as store:
        _show_issued(rotate(store, key_id, overlap_hours * _HOUR_SECONDS), as_json=as_json)


@command.command(short_help="Set how much a tenant may ask for in a minute.")
@click.argument("tenant", callback=_tenant)
@click.option("--requests", type=click.IntRange(0), metavar="N", help="Requests a minute; 0: no limit.")
@click.option("--megapixels", type=click.IntRange(0), metavar="N", help="Megapixels a minute; 0: no limit.")
def limit(tenant: str, requests: int | None, megapixels: int | None) -> None:
    """Set what TENANT may do in a minute; what is left out is the server's own setting again."""
    with _store() as store:
        store.limit(tenant, TenantLimits(requests, megapixels))
    click.echo(f"{tenant}: {_or_default(requests)} requests, {_or_default(megapixels)} megapixels a minute")


@contextmanager
def _store() -> Iterator[TenantStore]:
    try:
        with connect(load_settings().redis_url) as redis:
            yield RedisTenantStore(redis)
    except StoreUnavailable:
        reason = (
            "Redis does not answer: start it (`cutroom up` does), or set CUTROOM_REDIS_URL to where it is"
        )
        raise click.ClickException(reason) from None
    except AppError as error:
        raise click.ClickException(error.detail) from None


def _show_issued(issued: IssuedKey, *, as_json: bool) -> None:
    """The key alone on stdout, so that a script can keep it."""
    if as_json:
        click.echo(json.dumps({**_public(issued.record), "key": issued.text}))
        return
    click.echo(f"Key {issued.record.id} of {issued.record.tenant}. It is not shown again:", err=True)
    click.echo(issued.text)


def _public(record: KeyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "tenant": record.tenant,
        "name": record.name,
        "key_begins": record.visible,
        "read_only": record.is_read_only,
        "state": _state(record),
        "created_at": _date(record.created_at),
        "expires_at": _date(record.expires_at),
        "revoked_at": _date(record.revoked_at),
    }


def _state(record: KeyRecord) -> str:
    if record.revoked_at is not None:
        return "revoked"
    if not record.is_valid_at(time.time()):
        return "expired"
    return f"valid until {_date(record.expires_at)}" if record.expires_at else "valid"


def _date(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _or_default(number: int | None) -> str:
    if number is None:
        return "the server's own number of"
    return str(number) if number else "any number of"
