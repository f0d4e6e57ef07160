"""`cutroom models`: which networks there are, and their weights."""

from collections.abc import Iterator

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from shared.catalog import CARDS, INT8, UPSCALERS, ModelCard
from shared.errors import AppError
from shared.settings import load_settings
from worker.cli.quantize import quantize
from worker.composition import open_weights
from worker.io.weights import Weights

_ALL = {**CARDS, **UPSCALERS}


@click.group()
def models() -> None:
    """Networks and their weights.

    \b
    cutroom models list
    cutroom models pull imgly-medium realesr-animevideov3
    cutroom models verify
    cutroom models quantize imgly-medium --calibrate FOLDER
    """


models.add_command(quantize)


@models.command("list")
def list_models() -> None:
    """Every model: what it is for, its licence, whether its weights are here.

    \b
    cutroom models list
    """
    weights = _weights()
    table = Table("model", "for", "family", "licence", "commercial use", "weights")
    for card in _listed(weights):
        here = "here" if weights.present(card) else "not yet"
        table.add_row(card.name, card.task, card.family, card.license, _commercial_use(card), here)
    Console().print(table)


@models.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(sorted(_ALL)))
def pull(names: tuple[str, ...]) -> None:
    """Fetch weights and check their SHA-256.

    \b
    cutroom models pull imgly-medium
    """
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns) as bars:
        for name in names:
            _pull(_ALL[name], bars)


@models.command()
def verify() -> None:
    """Hash the weights that are here again; a file that changed is removed.

    \b
    cutroom models verify
    """
    weights = _weights()
    for card in _listed(weights):
        if file := weights.present(card):
            is_published = file.sha256 in {source.sha256 for source in card.sources}
            as_it_was = "as published" if is_published else "as it first came"
            Console().print(f"{card.name}: {as_it_was if weights.verify(card) else 'changed, removed'}")


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
