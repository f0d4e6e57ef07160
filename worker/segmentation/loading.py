"""From a row of the catalogue and a weights file to a loaded model."""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import openvino as ov

from shared import plugins
from shared.catalog import ModelCard
from shared.errors import ModelUnavailable
from worker.inference.graph import graph_of, read_graph
from worker.inference.loading import load_network
from worker.inference.openvino_network import OpenVinoNetwork
from worker.inference.recipe import Network, Passes, Recipe
from worker.segmentation.family import Family, Finish
from worker.segmentation.onnx import read_onnx
from worker.segmentation.segmenter import Segmenter

if TYPE_CHECKING:
    from torch import nn


def load_segmenter(
    card: ModelCard, weights: Path, *, device: str = "cpu", passes: Passes = "eager", max_batch: int = 1
) -> Segmenter:
    """Load the model; a second or less from a warm disk, minutes where the network must be converted first.

    An ONNX file and an int8 graph run on OpenVINO whatever the device. Raises ModelUnavailable for weights that do
    not fit.
    """
    family = family_of(card)
    if weights.suffix == ".xml":
        network: Network = OpenVinoNetwork(partial(read_graph, weights), card.precision, max_batch)
    elif weights.suffix == ".onnx":
        network = OpenVinoNetwork(partial(exact_graph, card, weights), card.precision, max_batch)
    else:
        network = load_network(recipe(card), weights, device=device, passes=passes, max_batch=max_batch)
    return Segmenter(card, family, network)


def exact_graph(card: ModelCard, weights: Path) -> ov.Model:
    """The network as published, from a batch of the family's input to its output. Raises ModelUnavailable."""
    if weights.suffix != ".onnx":
        return graph_of(recipe(card), weights)
    family = family_of(card)
    finish: Finish = "none" if card.onnx_has_sigmoid else family.finish
    return read_onnx(weights, family.levels, finish, floats=family.dtype == "float32")


def family_of(card: ModelCard) -> Family:
    """What the row's family says of itself."""
    family: Family = plugins.load("worker.segmentation.families", card.family).FAMILY
    return family


def recipe(card: ModelCard) -> Recipe:
    """How the runtime makes the network of a row from torch weights. ModelUnavailable where it has none."""
    if not card.arch:
        raise ModelUnavailable(f"{card.name} comes as an ONNX file only")
    family = family_of(card)
    options = dict(family.options(card))
    any_size = family.any_size or card.input_size is None
    height, width = (-1, -1) if any_size else family.shape(card.input_size or 0)
    return Recipe(
        name="_".join([card.arch, *(value for value in options.values() if isinstance(value, str))]),
        build=partial(_build, card.arch, options),
        wrap=partial(_wrap, family),
        shape=(1, height, width, 3),
        precision=card.precision,
        dtype=family.dtype,
        on_cuda="bf16" if card.precision == "bf16" else "f32",
        keys=family.keys,
    )


def _build(arch: str, options: dict[str, object]) -> "nn.Module":
    network: nn.Module = import_module("worker.segmentation.arch").build(arch, **options)
    return network


def _wrap(family: Family, network: "nn.Module") -> "nn.Module":
    mask_network = import_module("worker.segmentation.arch.mask").MaskNetwork
    wrapped: nn.Module = mask_network(family.inside(network), family.levels, family.finish)
    return wrapped
