"""`cutroom batch`: a folder of photos, or a manifest, as one batch."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import click

from api.cli.batch_run import Bench, bars, run
from api.cli.journal import Journal
from api.cli.photos import Wish, wishes_in
from api.cli.recipe import recipe_option
from api.cli.report import Row, read_report, write_report
from api.cli.saving import result_stems
from api.cli.serving import CHATTER, FAILED, json_option, server_option, talking_to
from api.client.client import Json


@dataclass(frozen=True, slots=True)
class _Order:
    """What the command line asks for."""

    folder: Path
    recipe: Json
    parallel: int
    resumes: bool
    server: str


@click.command(short_help="Cut out a folder of photos.")
@click.argument("source", metavar="FOLDER|MANIFEST", type=click.Path(exists=True, path_type=Path))
@recipe_option
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    default=Path("out"), show_default=True, help="The folder for the results and report.csv.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on where an earlier run ended; skip what is done.")
@click.option(
    "--parallel", type=click.IntRange(1, 32), default=4, show_default=True, metavar="N",
    help="Uploads and downloads at once.",
)  # fmt: skip
@json_option
@server_option
def command(  # noqa: PLR0913, PLR0917 click hands over each option as an argument
    source: Path, recipe: Json, folder: Path, resume: bool, parallel: int, as_json: bool, server: str
) -> None:
    """Upload every photo of FOLDER (or what MANIFEST names), cut all out as one batch, download the results.

    A MANIFEST has a JSON object on each line: `file` (a path beside it) or `input` as in the API, if you like
    `custom_id`, and whatever of a JobSpec is different for this one. DIR/report.csv says what became of each.

    \b
    Examples:
      cutroom batch photos/ -o cut/
      cutroom batch photos/ --recipe shop.json -o cut/ --resume
      cutroom batch catalogue.ndjson --json | jq .failed

    \b
    Exit codes: 0 all succeeded; 1 some did not, or the batch was refused; 2 wrong usage; 3 no server;
    130 interrupted (--resume goes on).
    """
    order = _Order(folder, recipe, parallel, resume, server)
    wishes = wishes_in(source, folder)
    earlier = read_report(folder) if resume else {}
    done = {name: row for name, row in earlier.items() if row.is_done(folder)}
    rows = _run(order, wishes, done)
    known = {**done, **{row.custom_id: row for row in rows}}
    all_rows = [known[wish.custom_id] for wish in wishes if wish.custom_id in known]
    _tell(rows, len(all_rows) - len(rows), write_report(folder, all_rows), as_json=as_json)
    if any(row.status != "succeeded" for row in rows):
        raise SystemExit(FAILED)


def _run(order: _Order, wishes: list[Wish], done: Collection[str]) -> list[Row]:
    try:
        journal = Journal(order.folder, order.server, resumes=order.resumes)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    left = [wish for wish in wishes if wish.custom_id not in done]
    if not left:
        return []
    stems = result_stems(wish.custom_id for wish in wishes)
    try:
        with talking_to(order.server) as client, bars(CHATTER) as progress:
            bench = Bench(client, journal, order.folder, stems, order.parallel, progress)
            rows = run(bench, left, order.recipe)
    except KeyboardInterrupt:
        CHATTER.print("Interrupted. The same command with --resume goes on from here.")
        raise
    journal.close()
    return rows


def _tell(rows: list[Row], skipped: int, report: Path, *, as_json: bool) -> None:
    succeeded = sum(row.status == "succeeded" for row in rows)
    failed = [row for row in rows if row.status != "succeeded"]
    if as_json:
        outcome = {"succeeded": succeeded, "failed": len(failed), "skipped": skipped, "report": str(report)}
        click.echo(json.dumps(outcome))
        return
    for row in failed[:10]:
        CHATTER.print(f"[red]{row.custom_id}[/]: {row.error or row.status}: {row.detail}", soft_wrap=True)
    click.echo(f"{succeeded} succeeded, {len(failed)} failed, {skipped} skipped; {report}")
