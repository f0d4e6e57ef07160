"""IS-Net with imgly's real weights."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.catalog import CARDS
from worker.io.weights import Weights
from worker.segmentation.loading import load_segmenter

CARD = CARDS["imgly-medium"]


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
