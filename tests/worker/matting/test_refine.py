"""From the network's matte to the photo's size."""

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shared.spec.refine import RefineSpec
from tests.images import assert_close, disc, strands
from worker.matting import guided
from worker.matting.refine import method, refine

GUIDED = RefineSpec(method="guided")


@pytest.fixture
def scene():
    """Hair of one colour before another, four times the size of its matte: photo, true alpha, matte 0..1."""
    alpha = cv2.resize(strands(96, 96), (384, 384), interpolation=cv2.INTER_LINEAR)
    share = alpha[..., None] / 255
    photo = (share * (40, 20, 10) + (1 - share) * (180, 200, 220)).astype(np.uint8)
    matte = cv2.resize(alpha, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return photo, alpha, matte


def test_guided_upsampling_is_nearer_to_the_truth_than_enlarging(scene):
    photo, alpha, matte = scene
    off = {
        name: cv2.absdiff(refine(photo, matte, RefineSpec(method=name)), alpha).mean()
        for name in ("none", "guided")
    }

    assert off["guided"] < 0.8 * off["none"]


@pytest.mark.parametrize("name", ["none", "guided"])
def test_what_is_plainly_subject_or_background_stays_exactly_so(scene, name):
    photo, _, matte = scene
    flat = cv2.resize(cv2.convertScaleAbs(matte, alpha=255), (384, 384), interpolation=cv2.INTER_LINEAR)
    refined = refine(photo, matte, RefineSpec(method=name))

    assert (refined[flat == 0] == 0).all()
    assert (refined[flat == 255] == 255).all()


@pytest.mark.parametrize(
    ("side", "expected"), [(96, "none"), (115, "none"), (116, "guided"), (384, "guided")]
)
def test_auto_refines_photos_that_outgrow_the_matte(side, expected):
    photo, matte = np.zeros((side, side, 3), np.uint8), np.zeros((96, 96), np.float32)

    assert method(photo, matte, RefineSpec()) == expected
    assert method(photo, matte, RefineSpec(method="none")) == "none"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirrored_photo_gives_the_mirrored_matte(scene, axis):
    photo, _, matte = scene
    straight = refine(photo, matte, GUIDED)
    mirrored = refine(np.flip(photo, axis), np.flip(matte, axis).copy(), GUIDED)

    assert_close(np.flip(mirrored, axis), straight, most=12, mean=0.1)


def test_hard_edges_come_out_hard():
    alpha = np.where(disc(400, 400, 120.0) > 127, 255, 0).astype(np.uint8)
    photo = np.dstack([alpha // 2 + 60] * 3).astype(np.uint8)
    matte = cv2.resize(alpha, (100, 100), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    soft = [
        np.count_nonzero((r > 60) & (r < 195))
        for r in (refine(photo, matte, GUIDED), refine(photo, matte, NONE))
    ]

    assert soft[0] < 0.5 * soft[1]


NONE = RefineSpec(method="none")


def test_sure_pixels_that_meet_without_a_soft_one_between_them_keep_their_edge():
    alpha = np.zeros((400, 400), np.uint8)
    alpha[100:300, 100:300] = 255
    photo = np.dstack([alpha // 2 + 60] * 3).astype(np.uint8)
    matte = alpha[2::4, 2::4].astype(np.float32) / 255
    matte[0, 0] = 0.5  # an unsure pixel elsewhere
    wrong = cv2.absdiff(refine(photo, matte, GUIDED), alpha) > 128

    assert wrong[8:].sum() <= 0.01 * (alpha > 0).sum()


def test_specks_of_the_photos_noise_do_not_reach_the_alpha():
    alpha = np.where(disc(400, 400, 120.0) > 127, 255, 0).astype(np.uint8)
    matte = cv2.resize(alpha, (100, 100), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    photo = np.dstack([alpha // 2 + 60] * 3).astype(np.uint8)
    photo[::8, ::8] = 255 - photo[::8, ::8]

    wrong = cv2.absdiff(refine(photo, matte, GUIDED), alpha)[::8, ::8] > 128

    assert wrong.sum() <= 9, "of ninety dots near the edge"


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30), st.just(3))),
    arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.floats(0, 1, width=32)),
    st.integers(1, 3),
)
def test_any_photo_and_matte_give_a_matte(photo, matte, radius):
    refined = refine(photo, matte, RefineSpec(method="guided", radius=radius))

    assert (refined.shape, refined.dtype) == (photo.shape[:2], np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (7, 9000)])
def test_extreme_shapes_come_out(shape):
    photo, matte = np.full((*shape, 3), 9, np.uint8), np.full((64, 64), 0.5, np.float32)

    assert_close(refine(photo, matte, GUIDED), np.full(shape, 128), most=1)


@pytest.mark.parametrize("side", [300, 900])
def test_a_large_photo_takes_little_memory(side):
    matte = cv2.resize(strands(), (side, side)).astype(np.float32) / 255
    photo = np.zeros((2000, 2000, 3), np.uint8)
    tracemalloc.start()
    refine(photo, matte, GUIDED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 12 * 4_000_000


def test_a_line_is_applied_to_the_colours_of_its_pixel():
    random = np.random.default_rng(8)
    lines = random.normal(0, 0.5, (3000, 4)).astype(np.float32)
    photo = random.integers(0, 256, (3000, 3), np.uint8)
    expected = np.clip((lines[:, :3] * photo).sum(axis=1) + 255 * lines[:, 3], 0, 255)

    assert_close(guided._applied(lines, photo), expected, most=0.51)
