"""`cutroom demo`: everything once, from nothing to a cut-out on disk."""

import os
import time
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from api.cli.progress import stages_of
from api.cli.sample import sample_photo
from api.cli.saving import save_outputs, stems_for
from api.cli.serving import CHATTER, FAILED, quality_flags, talking_to
from api.cli.stack import Stack, running_stack
from api.cli.submit import watch
from api.cli.up import ROOT
from api.client.client import CutroomClient, Json
from shared.spec.job import JobSpec

_READY_SECONDS = 180


@click.command(short_help="Try everything on one photo.")
@click.argument("photo", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--upscale", type=click.FloatRange(1.5, 4.0), metavar="N", help="Enlarge the cut-out N times (1.5–4)."
)
@click.option("--effects", default="", metavar="A,B", help="Names of effects, in order, separated by commas.")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    default=Path("out"), show_default=True, help="The folder to write into.",
)  # fmt: skip
def command(photo: Path | None, upscale: float | None, effects: str, folder: Path) -> None:
    """Start the service on free ports, cut out one PHOTO (or a sample), stop the service.

    Writes DIR/<name>.png and DIR/<name>.matte.png. The first run fetches the model's weights.

    \b
    Examples:
      cutroom demo
      cutroom demo cat.jpg --upscale 2 --effects drop_shadow -o out/

    \b
    Exit codes: 0 both files are written; 1 something failed (the log is kept); 130 interrupted.
    """
    spec: dict[str, Any] = {
        "upscale": {"scale": upscale} if upscale else None,
        "effects": [{"type": name.strip()} for name in effects.split(",") if name.strip()],
        "output": {"include_matte": True},
    }
    _check(spec)
    chosen = photo or _sample()
    stem, *_ = stems_for([chosen], folder, "png")
    with running_stack() as stack, talking_to(stack.url) as client:
        _await_ready(stack, client)
        job = watch(client, client.submit(chosen, spec)["id"])
        _require_success(job, stack)
        paths = save_outputs(client, job, folder, stem)
    _report(job, paths)


def _check(spec: Json) -> None:
    """Say what is wrong before the service starts, not after."""
    try:
        JobSpec.model_validate(spec)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _sample() -> Path:
    try:
        with CHATTER.status("fetching a sample photo"):
            return sample_photo(ROOT / os.environ.get("CUTROOM_DATA_DIR", "var") / "sample")
    except OSError as error:
        raise click.ClickException(f"no sample photo: {error}; give a PHOTO of your own") from None


def _await_ready(stack: Stack, client: CutroomClient) -> None:
    """Wait until a job could be done, naming what is missing. Exits when the service dies or takes too long."""
    deadline = time.monotonic() + _READY_SECONDS
    with CHATTER.status("starting the service") as status:
        while missing := client.missing_parts():
            if stack.is_dead or time.monotonic() > deadline:
                _give_up(stack, f"The service did not become ready; missing: {', '.join(missing)}")
            status.update(f"starting the service; waiting for {', '.join(missing)}")
            time.sleep(0.3)


def _require_success(job: Json, stack: Stack) -> None:
    if job["status"] != "succeeded":
        error = job["error"] or {"code": job["status"], "detail": "no result"}
        _give_up(stack, f"The job {job['status']}: {error['code']}: {error['detail']}")


def _give_up(stack: Stack, reason: str) -> None:
    CHATTER.print(stack.tail(), markup=False, style="dim")
    CHATTER.print(f"[red]{escape(reason)}[/]\nThe whole log is kept as demo.log in the data folder.")
    raise SystemExit(FAILED)


def _report(job: Json, paths: list[Path]) -> None:
    table = Table("stage", "seconds", show_edge=False)
    for stage in stages_of(job):
        table.add_row(stage, f"{job['timings_ms'][stage] / 1000:.2f}")
    table.add_row("all, with waiting", f"{job['timings_ms']['total'] / 1000:.2f}")
    CHATTER.print(table)
    for flag in quality_flags(job):
        CHATTER.print(f"noted: {flag}")
    for path, output in zip(paths, job["outputs"], strict=True):
        click.echo(f"{path}  {output['width']}×{output['height']}  {output['bytes'] / 1000:.0f} kB")
