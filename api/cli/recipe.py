"""The option `--recipe`: what is to be done, as a file that is kept and used again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.client.client import Json

F = TypeVar("F", bound=Callable[..., Any])


def recipe_option(command: F) -> F:
    """The option `--recipe`, as the JSON object in the file."""
    return click.option(
        "--recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path), callback=_read, metavar="FILE",
        help="A JobSpec as JSON: what is to be done with every photo.",
    )(command)  # fmt: skip


def _read(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Json:
    """A JobSpec without `input`, as JSON."""
    if path is None:
        return {}
    try:
        recipe = json.loads(path.read_text())
    except ValueError as error:
        raise click.BadParameter(f"{path} is not JSON: {error}") from None
    if not isinstance(recipe, dict):
        raise click.BadParameter(f"{path} is not a JSON object")
    return recipe
