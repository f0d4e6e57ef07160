"""A real worker whose networks sleep instead of looking, so that what is measured is what surrounds them.

celery --app benchmarks.service.sleeping_worker worker
"""

import os
import time
from dataclasses import replace

import numpy as np

from shared.catalog import CARDS, ModelCard
from shared.logs import set_up_logs
from shared.settings import load_settings
from tests.no_weights import NoWeights
from worker.app import create_app
from worker.composition import open_deps
from worker.inference.turns import Turns
from worker.io.weights import WeightsFile
from worker.models import Models
from worker.process.one_thread import keep_opencv_on_its_thread
from worker.process.trimming import trim_worker
from worker.segmentation.segmenter import Segmenter

INFERENCE_SECONDS = float(os.environ.get("SLEEP_SECONDS", "0.2"))
_DEVICE = Turns()
"""One for each process, as a real one is: two pictures at once take twice as long."""


class Sleeper:
    """Family and network in one: the upper half of every photo is its subject."""

    def prepare_graph(self, graph):
        return graph

    def prepare(self, rgb, card):
        return rgb

    def infer(self, batch):
        with _DEVICE.taken():
            time.sleep(INFERENCE_SECONDS)
        matte = np.zeros(batch.shape[:2], np.float32)
        matte[: len(matte) // 2] = 1
        return matte

    def read(self, output, card):
        return output


def sleeping(card: ModelCard, file: WeightsFile) -> Segmenter:
    network = Sleeper()
    return Segmenter(card, network, network)


_settings = load_settings()
set_up_logs(_settings)
keep_opencv_on_its_thread()
trim_worker()
_weights = NoWeights(_settings.model_cache, None)
_deps = replace(open_deps(_settings), segmenters=Models(CARDS, _settings.device, _weights, sleeping))
app = create_app(_settings, _deps)
