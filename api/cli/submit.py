"""`cutroom submit`: post photos as jobs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click

from api.cli.progress import StageBars
from api.cli.recipe import recipe_option
from api.cli.saving import save_outputs, stems_for
from api.cli.serving import CHATTER, FAILED, json_option, print_job, server_option, talking_to, tell_refusal
from api.client.client import CutroomClient, Json, Refused, Unreachable
from shared.spec.effects import EFFECTS
from shared.spec.output import Format

POLL_SECONDS = 0.25
"""How often a person who watches wants to see something move."""

_EFFECTS = [effect.model_fields["type"].default for effect in EFFECTS]

_OF_THE_PHOTO = frozenset(
    {"image_too_large", "too_many_megapixels", "unreadable_image", "unsupported_format"}
)
"""Codes of refusals that say nothing of the next photo."""


@dataclass(frozen=True, slots=True)
class _Afterwards:
    """What is to be done once a job is posted."""

    waits: bool
    folder: Path | None
    as_json: bool


def effect_spec(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[Json]:
    """Each NAME or JSON object as the API wants it."""
    return [_effect(value) for value in values]


def _effect(value: str) -> Json:
    if not value.lstrip().startswith("{"):
        return {"type": value}
    try:
        return dict(json.loads(value))
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from None


@click.command(short_help="Post photos as jobs.")
@click.argument(
    "photos", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--model", "models", multiple=True, metavar="NAME",
    help="A network; `cutroom models list` has them. Repeated: compare them, on a sheet, too.  [default: auto]",
)  # fmt: skip
@click.option(
    "--upscale", type=click.FloatRange(1.5, 4.0), metavar="N", help="Enlarge the cut-out N times (1.5–4)."
)
@click.option(
    "--effect", "effects", multiple=True, callback=effect_spec, metavar="NAME|JSON",
    help=f"Apply an effect, one of {', '.join(_EFFECTS)}; may be repeated, order counts.",
)  # fmt: skip
@click.option(
    "--format", "file_format", type=click.Choice(get_args(Format)),
    help="Of the results; jpeg has a background, white unless an effect paints one.  [default: png]",
)  # fmt: skip
@recipe_option
@click.option("--include-matte", is_flag=True, help="Make the matte a second output.")
@click.option("--wait", is_flag=True, help="Wait for the end, showing the stages.")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Download the results into this folder (implies --wait).",
)  # fmt: skip
@json_option
@server_option
def command(  # noqa: PLR0913, PLR0917 click hands over each option as an argument
    photos: tuple[Path, ...],
    models: tuple[str, ...],
    upscale: float | None,
    effects: list[Json],
    file_format: str | None,
    recipe: Json,
    include_matte: bool,
    wait: bool,
    folder: Path | None,
    as_json: bool,
    server: str,
) -> None:
    """Post each PHOTO as a job and print it. What the options say outweighs the recipe.

    \b
    Examples:
      cutroom submit cat.jpg
      cutroom submit cat.jpg --upscale 2 --effect drop_shadow -o out/
      cutroom submit *.jpg --effect '{"type": "background", "color": "#ffcc00"}' --wait
      cutroom submit cat.jpg --model imgly-medium --model birefnet-lite -o out/
      cutroom submit cat.jpg --json | jq -r .id

    \b
    Exit codes: 0 all went well; 1 a job failed or was refused; 2 wrong usage; 3 no server;
    130 interrupted (the jobs go on).
    """
    given = {**_networks(models), "upscale": upscale and {"scale": upscale}, "effects": effects}
    output = {**_output_of(recipe), **_said({"format": file_format, "include_matte": include_matte})}
    spec = {**recipe, **_said(given), "output": output}
    stems = [photo.stem for photo in photos]
    if folder:
        stems = stems_for(photos, folder, str(output.get("format", "png")))
    afterwards = _Afterwards(wait or folder is not None, folder, as_json)
    with talking_to(server) as client:
        posted = [_posted(client, photo, spec) for photo in photos]
        jobs = [(stem, job) for stem, job in zip(stems, posted, strict=True) if job]
        outcomes = [_follow(client, stem, job, afterwards) for stem, job in jobs]
    if not all(posted) or not all(outcomes):
        raise SystemExit(FAILED)


def _said(options: Json) -> Json:
    """Those that were given: only they outweigh the recipe."""
    return {name: value for name, value in options.items() if value}


def _output_of(recipe: Json) -> Json:
    output = recipe.get("output", {})
    if not isinstance(output, dict):
        raise click.BadParameter("its `output` is not a JSON object", param_hint="'--recipe'")
    return output


def _networks(models: tuple[str, ...]) -> Json:
    if len(models) > 1:
        return {"models": models}
    return {"model": models[0]} if models else {}


def _posted(client: CutroomClient, photo: Path, spec: Json) -> Json | None:
    """The photo's job; None where the photo is refused, which is no reason to leave the others."""
    try:
        return client.submit(photo, spec)
    except Refused as refusal:
        if refusal.code not in _OF_THE_PHOTO:
            raise
        tell_refusal(refusal, str(photo))
        return None


def _follow(client: CutroomClient, stem: str, job: Json, afterwards: _Afterwards) -> bool:
    """Wait and download as asked; whether all went well."""
    if afterwards.waits:
        job = watch_or_leave(client, job["id"])
    print_job(job, as_json=afterwards.as_json)
    if afterwards.folder and job["status"] == "succeeded":
        for path in save_outputs(client, job, afterwards.folder, stem):
            CHATTER.print(f"wrote {path}", soft_wrap=True, markup=False)
    return not afterwards.waits or job["status"] == "succeeded"


def watch(client: CutroomClient, job_id: str) -> Json:
    """Wait for the job's end, showing its stages. Raises Refused, Unreachable."""
    with StageBars(CHATTER) as bars:
        return client.wait(job_id, on_change=bars.show, poll_seconds=POLL_SECONDS)


def watch_or_leave(client: CutroomClient, job_id: str) -> Json:
    """As `watch`; whoever leaves before the end, or loses the server, is told how to come back."""
    try:
        return watch(client, job_id)
    except (KeyboardInterrupt, Unreachable):
        CHATTER.print(
            f"The job is not over: `cutroom wait {job_id}` watches it, `cutroom cancel {job_id}` ends it.",
            soft_wrap=True,
        )
        raise
