"""Families of U²-Net, BASNet, TRACER and DeepLabV3: what goes in and comes out; official masks are in parity."""

import numpy as np
import pytest

from shared.catalog import ModelCard
from worker.segmentation import imagenet
from worker.segmentation.families import basnet, deeplabv3, tracer, u2net
from worker.segmentation.segmenter import Segmenter

RGB = np.tile(np.arange(0, 200, 5, dtype=np.uint8)[:, None, None], (1, 60, 3))


def _card(side=None):
    return ModelCard("some", "segment", "", (), license="", commercial_use=False, input_size=side)


@pytest.mark.parametrize(
    ("family", "side", "shape"),
    [
        (u2net, None, (1, 3, 320, 320)),
        (basnet, 64, (1, 3, 64, 64)),
        (tracer, None, (1, 3, 640, 640)),
        (deeplabv3, None, (1, 3, 40, 60)),
        (deeplabv3, 30, (1, 3, 20, 30)),
    ],
)
def test_the_batch_is_float32_in_the_size_of_the_network(family, side, shape):
    batch = family.prepare(RGB, _card(side))
    assert batch.shape == shape
    assert batch.dtype == np.float32


def test_u2net_stretches_the_picture_to_its_brightest_value():
    batch = u2net.prepare(np.full((8, 8, 3), 51, np.uint8), _card(32))
    np.testing.assert_allclose(batch[0, :, 0, 0], (1 - imagenet.MEAN) / imagenet.DEVIATION, rtol=1e-6)


def test_a_black_picture_stays_black_and_finite():
    batch = u2net.prepare(np.zeros((8, 8, 3), np.uint8), _card(32))
    np.testing.assert_allclose(batch[0, :, 0, 0], -imagenet.MEAN / imagenet.DEVIATION, rtol=1e-6)


def test_tracer_does_not_stretch():
    batch = tracer.prepare(np.full((8, 8, 3), 51, np.uint8), _card(32))
    np.testing.assert_allclose(batch[0, :, 0, 0], (0.2 - imagenet.MEAN) / imagenet.DEVIATION, rtol=1e-5)


def test_u2net_stretches_the_matte_to_full_contrast():
    matte = u2net.read(np.array([[[[-1.0, 0.0, 2.0]]]], np.float32), _card())
    assert matte.min() == 0
    assert matte.max() == 1


def test_a_matte_of_one_value_is_not_divided_by_zero():
    matte = u2net.read(np.zeros((1, 1, 4, 4), np.float32), _card())
    assert np.all(matte == 0.5)


def test_deeplab_takes_every_class_for_the_subject():
    logits = np.zeros((1, 21, 1, 3), np.float32)
    logits[0, (0, 15, 20), 0, (0, 1, 2)] = 1
    assert deeplabv3.read(logits, _card()).tolist() == [[0, 1, 1]]


@pytest.mark.parametrize("family", [u2net, basnet, tracer, deeplabv3])
def test_the_matte_comes_back_in_the_size_of_the_photo(family):
    logits = np.zeros((1, 21 if family is deeplabv3 else 1, 32, 32), np.float32)
    logits[:, 0, :16] = 9
    matte = Segmenter(_card(32), family, network=None).enlarge(logits, width=60, height=40)
    assert matte.shape == (40, 60)
    assert matte.dtype == np.float32
    assert matte.min() >= 0
    assert matte.max() <= 1


def test_the_largest_logits_do_not_overflow():
    np.testing.assert_allclose(
        imagenet.sigmoid(np.array([-1e9, 0, 1e9], np.float32)), [0, 0.5, 1], atol=1e-30
    )
