"""A real worker whose networks are stand-ins: deterministic, without weights, as slow as the test wants them.

Started by Celery as `tests.integration.stand_in_worker`; everything but the networks is the product's own. With
`STAND_IN_FAULTS` set, its ports have points where a test may arm a fault.
"""

import os
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from shared.catalog import CARDS, UPSCALERS, ModelCard
from shared.logs import set_up_logs
from shared.settings import load_settings
from tests.integration.points import Points, WatchedModels, WatchedQueue, WatchedStore, watch_disk
from tests.no_weights import NoWeights
from worker.app import create_app
from worker.composition import open_deps
from worker.deps import Deps
from worker.io.weights import WeightsFile
from worker.models import Models
from worker.process.consumption import IDLE_SECONDS, watch_consumption
from worker.process.trimming import trim_worker
from worker.segmentation.segmenter import Segmenter

SECONDS = float(os.environ.get("STAND_IN_SECONDS", "0"))
VISIBILITY_SECONDS = 4.0
"""So short that what a dead worker had not acknowledged comes back while the test still looks."""


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


class Doubled:
    """An upscaler that repeats pixels."""

    def upscale(self, cutout, scale, progress):
        time.sleep(SECONDS)
        progress(0.5)
        height, width = (round(side * scale) for side in cutout.alpha.shape)
        rgb, alpha = (
            cv2.resize(pixels, (width, height), interpolation=cv2.INTER_NEAREST)
            for pixels in (cutout.rgb, cutout.alpha)
        )
        return replace(cutout, rgb=rgb, alpha=alpha, frame=(0, 0, width, height))


def stand_in(card: ModelCard, file: WeightsFile) -> Segmenter:
    network = BrightIsSubject()
    return Segmenter(card, network, network)


def watched(deps: Deps, folder: str) -> Deps:
    """The same parts with points where faults may be armed."""
    points = Points(Path(folder))
    watch_disk(points)
    return replace(
        deps,
        jobs=WatchedStore(deps.jobs, points),
        queue=WatchedQueue(deps.queue, points),
        segmenters=WatchedModels(deps.segmenters, points, "segment"),
        upscalers=WatchedModels(deps.upscalers, points, "upscale"),
    )


settings = load_settings()
set_up_logs(settings)
trim_worker()
weights = NoWeights(settings.model_cache, None)
deps = replace(
    open_deps(settings),
    segmenters=Models(CARDS, settings.device, weights, stand_in),
    upscalers=Models(UPSCALERS, settings.device, weights, lambda card, file: Doubled()),
)
if "STAND_IN_FAULTS" in os.environ:
    deps = watched(deps, os.environ["STAND_IN_FAULTS"])
app = create_app(settings, deps)
watch_consumption(settings.broker_url, float(os.environ.get("STAND_IN_IDLE_SECONDS", IDLE_SECONDS)))
if "STAND_IN_FAULTS" in os.environ:
    app.conf.broker_transport_options |= {
        "visibility_timeout": VISIBILITY_SECONDS,
        "unacked_restore_interval": 1,
        # Whoever freezes or dies while it restores messages keeps all others from it for so long (else 300 s).
        "unacked_mutex_expire": 5,
    }
