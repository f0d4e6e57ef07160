"""From a network and photos to its int8 variant, compared and kept beside the weights."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import openvino as ov
from numpy.typing import NDArray

from shared.catalog import ModelCard
from worker.inference.graph import read_graph
from worker.inference.openvino_network import OpenVinoNetwork
from worker.io.digest import digest_of
from worker.io.int8 import Differences, Int8Record, graph_path, keep, read_record
from worker.io.locking import locked
from worker.io.weights import WeightsFile
from worker.quantizing.equalizing import equalized
from worker.quantizing.judging import differences, is_close
from worker.quantizing.nncf_room import made_with, quantized
from worker.quantizing.photos import Photos
from worker.quantizing.plain import in_float32
from worker.quantizing.way import Way, recipe_hash
from worker.segmentation.loading import exact_graph, family_of
from worker.segmentation.matte import Matte

Progress = Callable[[str, int, int], None]
"""Hears what is being done, with how many photos it is done, and how many there are."""


def quantize(
    card: ModelCard, weights: WeightsFile, photos: Photos, way: Way, progress: Progress
) -> Int8Record:
    """Make, compare and keep it; what the same photos have made before is given back as it is.

    Raises ModelUnavailable where NNCF is missing or the weights do not fit.
    """
    packages = made_with()
    recipe = recipe_hash(way, weights.sha256, photos.sha256, packages)
    with locked(weights.path.with_name(f".{card.name}.int8.lock")):
        known = read_record(weights.path)
        if known is not None and known.recipe == recipe:
            return known
        exact = exact_graph(card, weights.path)
        with tempfile.TemporaryDirectory(dir=weights.path.parent, prefix=".int8-") as folder:
            made = Path(folder) / graph_path(weights.path, recipe).name
            ov.save_model(int8_graph(exact, photos.calibration, way, progress), made, compress_to_fp16=False)
            found = _compared(card, weights.path, made, photos, progress)
            record = Int8Record(
                model=card.name,
                recipe=recipe,
                weights_sha256=weights.sha256,
                photos_sha256=photos.sha256,
                photos=len(photos.calibration),
                made_with=packages,
                graph_sha256=digest_of(made.with_suffix(".bin")),
                differences=found,
                accepted=is_close(found),
            )
            keep(made, weights.path, record)
    return record


def int8_graph(
    exact: ov.Model, batches: Sequence[NDArray[Any]], way: Way, progress: Progress = lambda *_told: None
) -> ov.Model:
    """The network in 8-bit integers, calibrated with these batches; `exact` is changed on the way.

    Raises ModelUnavailable where NNCF is missing.
    """
    plain = in_float32(exact)
    level = equalized(plain, batches, way.activations_share, partial(progress, "levelling channels"))
    return quantized(level, batches, way)


def _compared(card: ModelCard, weights: Path, made: Path, photos: Photos, progress: Progress) -> Differences:
    family = family_of(card)

    def read(output: NDArray[Any]) -> Matte:
        return family.read(output, card)

    return differences(
        OpenVinoNetwork(partial(exact_graph, card, weights), card.precision),
        OpenVinoNetwork(partial(read_graph, made), card.precision),
        read,
        photos.held_back,
        partial(progress, "comparing"),
    )
