"""A real worker whose network is a stand-in: deterministic, without weights, as slow as the test wants it.

Started by Celery as `tests.integration.stand_in_worker`; everything but the network is the product's own.
"""

import os
import time
from dataclasses import replace

import numpy as np

from shared.catalog import CARDS, ModelCard
from shared.logs import set_up_logs
from shared.settings import load_settings
from worker.app import create_app
from worker.composition import open_deps
from worker.io.weights import Weights, WeightsFile
from worker.models import Models
from worker.segmentation.segmenter import Segmenter

SECONDS = float(os.environ.get("STAND_IN_SECONDS", "0"))


class BrightIsSubject:
    """Family and network in one: what is brighter than grey is the subject."""

    def prepare_graph(self, graph):
        return graph

    def prepare(self, rgb, card):
        return rgb

    def infer(self, batch):
        time.sleep(SECONDS)
        return (batch.max(axis=2) > 128).astype(np.float32)

    def read(self, output, card):
        return output


class NoWeights(Weights):
    """Weights that are always there and never read."""

    def present(self, card):
        return WeightsFile(self._cache, "0" * 64, "onnx")

    def get(self, card, progress=None):
        return self.present(card)


def stand_in(card: ModelCard, file: WeightsFile) -> Segmenter:
    network = BrightIsSubject()
    return Segmenter(card, network, network)


settings = load_settings()
set_up_logs(settings)
weights = NoWeights(settings.model_cache, None)
app = create_app(
    settings,
    replace(open_deps(settings), segmenters=Models(CARDS, settings.device, weights, stand_in)),
)
