"""Trimaps and the planes made of them, also against the official code's (../shared/parity)."""

from pathlib import Path

import numpy as np
import pytest

from worker.matting import trimap

ROOT = Path(__file__).parents[3]
VECTORS = (
    ROOT.parent / "shared" / "parity" / "expected" / "fba_matting.npz",
    ROOT / "tests" / "parity" / "expected" / "fba_matting.npz",
)


@pytest.fixture(scope="module")
def vectors():
    return np.load(next(path for path in VECTORS if path.exists()))


@pytest.mark.parametrize(
    ("certain_above", "dilation_px", "erosion_px"), [(231, 30, 5), (231, 40, 20), (231, 8, 2)]
)
def test_the_generator_draws_the_official_trimap(vectors, certain_above, dilation_px, erosion_px):
    drawn = trimap.generate(
        vectors["trimapgen_mask_u8"],
        certain_above=certain_above,
        dilation_px=dilation_px,
        erosion_px=erosion_px,
    )
    np.testing.assert_array_equal(
        drawn, vectors[f"trimapgen_out_{certain_above}_{dilation_px}_{erosion_px}"], strict=True
    )


def test_the_older_generator_draws_the_official_trimap(vectors):
    drawn = trimap.generate_plain(vectors["trimapgen_mask_u8"], dilation_px=8, erosion_px=1)
    np.testing.assert_array_equal(drawn, vectors["trimapgen_cv_8_1"], strict=True)


def test_the_distance_planes_are_the_official_ones(vectors):
    planes = trimap.distance_planes(trimap.two_channels(vectors["trimap"]))
    stored = next(key for key in vectors.files if key.startswith("trimap_transformed_sub"))
    step = int(stored.removeprefix("trimap_transformed_sub"))
    np.testing.assert_array_equal(planes[:, ::step, ::step], vectors[stored], strict=True)


def test_a_square_has_a_band_of_the_asked_width():
    matte = np.zeros((41, 41), np.uint8)
    matte[10:31, 10:31] = 255
    drawn = trimap.generate(matte, dilation_px=4, erosion_px=3)
    assert drawn[20].tolist() == [0] * 6 + [127] * 7 + [255] * 15 + [127] * 7 + [0] * 6


def test_soft_levels_are_unknown_far_from_what_is_certain():
    matte = np.zeros((20, 20), np.uint8)
    matte[15, 15] = 1
    drawn = trimap.generate(matte, dilation_px=2, erosion_px=1)
    assert drawn[15, 15] == trimap.UNKNOWN
    assert np.count_nonzero(drawn) == 1


def test_nothing_marked_gives_planes_of_zeros():
    planes = trimap.distance_planes(trimap.two_channels(np.full((8, 9), 127, np.uint8)))
    assert planes.shape == (6, 8, 9)
    assert planes.dtype == np.float32
    assert not planes.any()


def test_the_planes_fall_from_one_with_the_distance():
    drawn = np.full((1, 60), 127, np.uint8)
    drawn[0, 0] = trimap.SUBJECT
    background, subject = np.split(trimap.distance_planes(trimap.two_channels(drawn)), 2)
    assert not background.any()
    assert subject[:, 0, 0].tolist() == [1, 1, 1]
    np.testing.assert_allclose(subject[1, 0], np.exp(-(np.arange(60.0) ** 2) / (2 * 25.6**2)), rtol=1e-5)


def test_channels_mark_background_then_subject():
    channels = trimap.two_channels(np.array([[0, 127, 255]], np.uint8))
    assert channels.tolist() == [[[1, 0, 0]], [[0, 0, 1]]]
