"""A tiny network, its row in the catalogue, and a folder of photos."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.catalog import CARDS, INT8, WeightSource
from tests.worker.quantizing.tiny import tiny_onnx
from worker.io.weights import Weights

SIDE = 32


def photo(seed, side=48):
    """A bright square on a dark ground, (side, side, 3) uint8."""
    random = np.random.default_rng(seed)
    rgb = random.integers(0, 60, (side, side, 3))
    top, left = random.integers(4, side // 2, 2)
    rgb[top : top + side // 3, left : left + side // 3] += 180
    return rgb.astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Sixteen photos, two of them in a folder below."""
    (tmp_path / "photos" / "more").mkdir(parents=True)
    for number in range(16):
        place = tmp_path / "photos" / ("more" if number < 2 else "")
        cv2.imwrite(str(place / f"{number}.png"), photo(number))
    return tmp_path / "photos"


@pytest.fixture
def cards(tmp_path):
    """The row of the tiny network, and that of its int8 variant."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tiny.onnx").write_bytes(tiny_onnx(SIDE))
    source = WeightSource("file", "tiny.onnx", "", "onnx")
    return [
        replace(card, sources=(source,), input_size=SIDE, precision="f32")
        for card in (CARDS["imgly-medium"], INT8["imgly-medium-int8"])
    ]


@pytest.fixture
def weights(tmp_path):
    return Weights(tmp_path / "cache", tmp_path / "mine")
