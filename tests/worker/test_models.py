"""A model is tuned beside the first jobs, once it is loaded."""

from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from shared.catalog import CARDS
from worker.io.weights import WeightsFile
from worker.models import Models

FILE = WeightsFile(Path("u2netp.onnx"), "0" * 64, "onnx")


class Weights:
    """One file for all."""

    def get(self, _card):
        return FILE


class Tunable:
    """Tunes itself until it is let go, or raises."""

    copies = 1.5

    def __init__(self, error=None):
        self.may_go, self.tuned = Event(), Event()
        self.weights = []
        self._error = error

    def tune(self, weights):
        self.weights.append(weights)
        assert self.may_go.wait(20)
        self.tuned.set()
        if self._error:
            raise self._error


def got(model):
    return Models(CARDS, "cpu", Weights(), lambda card, file: model).get("u2netp")


def test_nobody_waits_for_the_tuning():
    model = Tunable()
    assert got(model).model is model
    assert not model.tuned.is_set()
    model.may_go.set()
    assert model.tuned.wait(20)
    assert model.weights == [FILE.path]


def test_a_tuning_that_fails_is_logged_and_the_model_stays():
    model = Tunable(OSError("the weights have gone"))
    with capture_logs() as logs:
        assert got(model).model is model
        model.may_go.set()
        while not logs:
            pass
    assert logs[0]["event"] == "tuning_failed"


@pytest.mark.parametrize(("model", "copies"), [(Tunable(), 1.5), (object(), 1)])
def test_it_counts_for_as_much_memory_as_it_takes(model, copies):
    if isinstance(model, Tunable):
        model.may_go.set()
    assert got(model).copies == copies
