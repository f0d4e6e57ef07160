"""Graphs of OpenVINO's, converted from torch once and kept beside the weights.

Reading a kept graph takes 0.1 to 3 s, converting 4 s to minutes and several times the network's memory: one
conversion at a time on a machine, whichever process asks for it.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import openvino as ov
import structlog

from shared.errors import ModelUnavailable, OutOfMemory
from worker.inference.recipe import Recipe
from worker.inference.torch_room import torch_network
from worker.io.digest import digest_of
from worker.io.locking import locked_folder

GRAPH_VERSION = 2  # raised when a network's arithmetic changes: graphs converted before are not used again
_LOCK = ".conversion.lock"
_log = structlog.get_logger(__name__)


@cache
def core() -> ov.Core:
    """OpenVINO's, one for the process."""
    return ov.Core()


@contextmanager
def as_out_of_memory() -> Iterator[None]:
    """OutOfMemory for what OpenVINO raises where it finds no memory; all else stays what it is."""
    try:
        yield
    except RuntimeError as exc:  # OpenVINO raises nothing narrower
        if "Failed to allocate" not in str(exc) and "bad_alloc" not in str(exc):
            raise
        raise OutOfMemory("the worker has no memory left for this network") from exc


def graph_of(recipe: Recipe, weights: Path) -> ov.Model:
    """The graph beside the weights, or converted now. Raises ModelUnavailable where torch is needed and missing."""
    path = weights.with_name(graph_name(recipe, weights))
    kept = _read(path)
    if kept is not None:
        return kept
    with locked_folder(weights.parent, _LOCK):
        kept = _read(path)  # another process may have been quicker
        if kept is not None:
            return kept
        room = torch_network()
        graph = room.convert(recipe, room.load(recipe, weights))
        _keep(graph, path, halve=recipe.precision == "bf16")
        return _read(path) or graph  # what later starts read, so that all compute the same


def graph_name(recipe: Recipe, weights: Path) -> str:
    """The `.xml` that holds a converted graph: of these very weights, this network, this size, this precision."""
    height, width = recipe.shape[1:3]
    size = f"{height}px" if height == width else f"{height}x{width}px"
    size = "anypx" if -1 in (height, width) else size
    return f"{weights.stem}.{digest_of(weights)[:12]}.{recipe.name}.{size}.{recipe.precision}.v{GRAPH_VERSION}.xml"


def read_graph(path: Path) -> Any:
    """A graph that is on disk. Raises ModelUnavailable where it is damaged."""
    graph = _read(path)
    if graph is None:
        raise ModelUnavailable(f"the graph {path.name} cannot be read")
    return graph


def _read(path: Path) -> Any | None:
    if not path.exists():
        return None
    try:
        with as_out_of_memory():
            return core().read_model(path)
    except RuntimeError as exc:  # OpenVINO raises nothing narrower
        _log.warning("graph_unreadable", file=path.name, reason=str(exc))
        return None


def _keep(graph: ov.Model, path: Path, *, halve: bool) -> None:
    """Save a graph whole or not at all; a folder that cannot be written to is no error.

    The `.xml`, by which a graph is found, appears last. Where the network may run in bf16 its numbers are kept in
    fp16, which is eight times as exact.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".convert-") as folder:
            made = Path(folder) / path.name
            ov.save_model(graph, made, compress_to_fp16=halve)
            for suffix in (".bin", ".xml"):
                os.replace(made.with_suffix(suffix), path.with_suffix(suffix))
    except OSError as exc:
        _log.warning("graph_not_kept", file=path.name, reason=exc.strerror)
