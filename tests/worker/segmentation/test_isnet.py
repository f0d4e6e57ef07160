"""IS-Net: how a picture goes in and what comes out."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.catalog import CARDS
from worker.io.weights import Weights
from worker.segmentation.families import isnet
from worker.segmentation.loading import load_segmenter

CARD = CARDS["imgly-medium"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (300, 200), (2000, 3000)])
def test_any_picture_becomes_a_square_of_bytes(shape):
    batch = isnet.prepare(np.full((*shape, 3), 77, np.uint8), CARD)

    assert (batch.shape, batch.dtype) == ((1, 1024, 1024, 3), np.uint8)
    assert (batch == 77).all()


def test_the_matte_is_the_first_channel_of_the_first_picture():
    output = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2)

    assert np.array_equal(isnet.read(output, CARD), output[0, 0])


@pytest.fixture(scope="module")
def segmenter():
    file = Weights(Path("~/.cache/cutroom/models"), None).get(CARD)
    return load_segmenter(CARD, file.path)


@pytest.mark.weights
def test_real_weights_find_the_subjects_of_real_photos(segmenter, shared_pairs):
    """Six photos with hard masks; the whole set is measured by the quality benchmark."""
    with (shared_pairs / "manifest.csv").open() as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["gt_kind"] == "binary"][:6]
    overlaps = []
    for row in rows:
        photo = np.asarray(Image.open(shared_pairs / row["image"]).convert("RGB"))
        truth = np.asarray(Image.open(shared_pairs / row["mask"]).convert("L")) > 127
        subject = segmenter.matte(photo) > 0.5
        overlaps.append((subject & truth).sum() / (subject | truth).sum())

    assert np.mean(overlaps) > 0.85, overlaps
