"""`cutroom models quantize`: the int8 variant of a network, made here from one's own photos."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from shared.catalog import CARDS, ModelCard
from shared.catalog.int8 import SUFFIX
from shared.errors import AppError
from shared.limits import picture_limits
from shared.settings import load_settings
from worker.composition import open_weights
from worker.io.int8 import Int8Record, graph_path
from worker.io.weights import WeightsFile
from worker.quantizing.judging import BOUNDS
from worker.quantizing.photos import LEAST_PHOTOS, Photos, read_photos
from worker.quantizing.quantize import quantize as make
from worker.quantizing.way import Way
from worker.segmentation.loading import family_of

_FOLDER = click.Path(exists=True, file_okay=False, readable=True, path_type=Path)


@click.command()
@click.argument("name", type=click.Choice(sorted(CARDS)), metavar="NAME")
@click.option(
    "--calibrate", "folder", type=_FOLDER, required=True, help="A folder of photos like those to come."
)
@click.option(
    "--pictures",
    type=click.IntRange(min=LEAST_PHOTOS),
    default=80,
    show_default=True,
    help="How many of them are used at most; every fourth is held back to compare with.",
)
def quantize(name: str, folder: Path, pictures: int) -> None:
    """Make NAME-int8: the network in 8-bit integers, faster on a CPU.

    Every photo goes through the network twice: once to bring its channels to like ranges, once, in 32 bits, to learn
    the ranges of what it computes. Then the mattes of both are compared on the photos held back; `auto` takes the
    int8 network only where they hardly differ and it is faster. It is kept beside the weights, and workers on this
    machine offer it from then on.

    \b
    cutroom models quantize imgly-medium --calibrate ~/Pictures/products
    """
    os.environ.setdefault(
        "NNCF_CI", "1"
    )  # read at its import: without it NNCF reports each use to its makers
    say = Console(highlight=False)
    try:
        file = _weights(CARDS[name])
        with _bars() as advance:
            read = _photos(CARDS[name], folder, pictures, partial(advance, "reading photos"))
        say.print(_found(name, read))
        with _bars() as advance:
            record = make(CARDS[name], file, read, Way(), advance)
    except AppError as error:
        raise click.ClickException(error.detail) from error
    say.print(_table(record))
    say.print(_verdict(record, file))


def _weights(card: ModelCard) -> WeightsFile:
    file = open_weights(load_settings()).present(card)
    if file is None:
        raise click.ClickException(f"no weights of {card.name} here yet: cutroom models pull {card.name}")
    return file


def _photos(card: ModelCard, folder: Path, most: int, advance: Callable[[int, int], None]) -> Photos:
    family = family_of(card)
    limits = picture_limits(load_settings())
    return read_photos(folder, most, lambda rgb: family.prepare(rgb, card), limits, advance)


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is done, there from its first step to its last: between them NNCF draws its own."""
    bars = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    known: dict[str, TaskID] = {}

    def advance(label: str, done: int, total: int) -> None:
        if label not in known:
            known[label] = bars.add_task(label, total=total)
            bars.start()
        bars.update(known[label], completed=done, total=total)
        if done == total:
            bars.stop()
            bars.update(known[label], visible=False)  # what was drawn stays; the next bar is drawn alone

    try:
        yield advance
    finally:
        bars.stop()


def _found(name: str, read: Photos) -> str:
    skipped = f"; skipped, not readable: {', '.join(read.unreadable)}" if read.unreadable else ""
    return (
        f"{name}{SUFFIX}: learning from {len(read.calibration)} photos, "
        f"{len(read.held_back)} held back to compare with{skipped}"
    )


def _table(record: Int8Record) -> Table:
    found = record.differences
    table = Table(f"against {record.model}, on {found.photos} photos held back", "is", "`auto` takes")
    table.add_row("mean difference of the mattes", f"{found.matte:.4f}", f"at most {BOUNDS.matte}")
    table.add_row("overlap of the subjects (IoU)", f"{found.iou:.4f}", f"at least {BOUNDS.iou}")
    table.add_row(
        "difference of the edges (gradient)", f"{found.gradient:.1%}", f"at most {BOUNDS.gradient:.0%}"
    )
    table.add_row("its time", f"{found.time:.0%}", f"at most {BOUNDS.time:.0%}")
    return table


def _verdict(record: Int8Record, file: WeightsFile) -> str:
    graph = graph_path(file.path, record.recipe)
    kept = f"Kept as {graph.name} in {graph.parent}, offered as {record.model}{SUFFIX}."
    if record.accepted:
        return f"{kept}\nAccepted: on a CPU `auto` takes it instead of {record.model}."
    return f"{kept}\nNot accepted: `auto` stays with {record.model}; a job may name {record.model}{SUFFIX}."
