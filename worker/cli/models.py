"""`cutroom models`: which networks there are, and their weights."""

from collections.abc import Iterator

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from shared.catalog import CARDS, INT8, MATTING, UPSCALERS, ModelCard
from shared.errors import AppError
from shared.settings import load_settings
from worker.cli.quantize import quantize
from worker.composition import open_weights
from worker.io.weights import Weights

_ALL = {**CARDS, **MATTING, **UPSCALERS}


@click.group()
def models() -> None:
    """Networks and their weights.

    Weights lie in CUTROOM_MODEL_CACHE; a worker fetches by itself what a job asks for.

    \b
    Examples:
      cutroom models list
      cutroom models pull imgly-medium realesr-animevideov3
      cutroom models quantize imgly-medium --calibrate FOLDER

    \b
    Exit codes: 0 done; 1 no source has a model's weights, or some have changed; 2 wrong usage.
    """


models.add_command(quantize)


@models.command("list")
def list_models() -> None:
    """List the models, their licences, and whose weights are here."""
    weights = _weights()
    # Whole, however narrow the screen: names are there to be typed.
    names, here = Column("model", no_wrap=True), Column("weights", no_wrap=True)
    table = Table(names, "for", "licence", "commercial use", here, show_edge=False)
    for card in _listed(weights):
        state = "here" if weights.present(card) else "not yet"
        table.add_row(card.name, card.task, card.license, _commercial_use(card), state)
    Console().print(table)


@models.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(sorted(_ALL)), metavar="NAME...")
def pull(names: tuple[str, ...]) -> None:
    """Fetch weights and check their SHA-256.

    `cutroom models list` has the names.

    \b
    Example:
      cutroom models pull imgly-medium
    """
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns) as bars:
        for name in names:
            _pull(_ALL[name], bars)


@models.command()
def verify() -> None:
    """Hash the weights that are here; remove what has changed."""
    weights, changed = _weights(), False
    for card in _listed(weights):
        if file := weights.present(card):
            is_published = file.sha256 in {source.sha256 for source in card.sources}
            as_it_was = "as published" if is_published else "as it first came"
            is_whole = weights.verify(card)
            changed |= not is_whole
            Console().print(f"{card.name}: {as_it_was if is_whole else 'changed, removed'}")
    raise SystemExit(int(changed))


def _listed(weights: Weights) -> Iterator[ModelCard]:
    """Every published model, and the int8 variants that were made here."""
    yield from _ALL.values()
    yield from (card for card in INT8.values() if weights.present(card))


def _commercial_use(card: ModelCard) -> str:
    return {True: "yes", False: "no", "ask": "ask"}[card.commercial_use]


def _weights() -> Weights:
    return open_weights(load_settings())


def _pull(card: ModelCard, bars: Progress) -> None:
    bar = bars.add_task(card.name, total=None)
    try:
        file = _weights().get(card, lambda done, total: bars.update(bar, completed=done, total=total))
    except AppError as error:
        raise click.ClickException(error.detail) from error
    size = file.path.stat().st_size
    bars.update(bar, completed=size, total=size)
