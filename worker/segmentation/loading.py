"""From a row of the catalogue and a weights file to a loaded model."""

from pathlib import Path

from shared import plugins
from shared.catalog import ModelCard
from worker.segmentation.openvino_runtime import OpenVinoNetwork
from worker.segmentation.segmenter import Segmenter


def load_segmenter(card: ModelCard, weights: Path) -> Segmenter:
    """Load the model; a second or less from a warm disk."""
    family = plugins.load("worker.segmentation.families", card.family)
    return Segmenter(card, family, OpenVinoNetwork(weights, family.prepare_graph))
