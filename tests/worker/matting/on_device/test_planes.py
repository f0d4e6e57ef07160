"""Pictures on a device: what OpenCV makes of those of a CPU."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.images import assert_close, gradient
from worker.imaging import resize
from worker.matting import guide

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from worker.matting.on_device import planes  # noqa: E402  (torch)

pictures = arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3)))
NOISE = np.random.default_rng(5).integers(0, 256, (97, 61, 3), np.uint8)


def on_device(picture):
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()


def fetched(tensor):
    return tensor[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("size", [(97, 61), (48, 30), (24, 15), (40, 20), (97, 5), (1, 1)])
def test_a_picture_shrinks_as_on_the_cpu(size):
    shrunk = fetched(planes.shrunk(on_device(NOISE), *size))

    assert_close(shrunk, resize.shrunk(NOISE, size[1], size[0]), most=1, mean=0.2)


@settings(max_examples=25, deadline=None)
@given(pictures)
def test_a_half_is_the_mean_of_two_by_two(picture):
    below, right = (side % 2 for side in picture.shape[:2])
    even = cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE)
    expected = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    assert np.array_equal(fetched(planes.halved(on_device(picture))), expected)


@settings(max_examples=25, deadline=None)
@given(pictures, st.integers(1, 4))
def test_means_over_windows_mirror_the_edges(picture, radius):
    side = 2 * radius + 1
    expected = cv2.blur(picture.astype(np.float32), (side, side))

    assert_close(fetched(planes.window_means(on_device(picture), radius)), expected, most=1e-3)


@settings(max_examples=25, deadline=None)
@given(pictures)
def test_the_median_is_that_of_three_by_three(picture):
    assert np.array_equal(fetched(planes.median_of_nine(on_device(picture))), cv2.medianBlur(picture, 3))


def test_a_guide_is_as_soft_as_on_the_cpu():
    small = cv2.resize(NOISE, (30, 40), interpolation=cv2.INTER_AREA)
    sigmas_px = guide.sigmas_px(small.shape[:2], NOISE.shape[:2])

    blurred = fetched(planes.blurred(on_device(small), guide.SIDE_PX, sigmas_px))
    assert sigmas_px[0] != sigmas_px[1], "the test would see a device that exchanges them"
    assert_close(blurred, guide.softened(small, NOISE), most=1, mean=0.1)


def test_enlarging_lays_centre_on_centre():
    small = gradient(20, 30)
    expected = cv2.resize(small.astype(np.float32), (77, 50), interpolation=cv2.INTER_LINEAR)

    assert_close(fetched(planes.enlarged(on_device(small), 50, 77)), expected, most=1e-2)
