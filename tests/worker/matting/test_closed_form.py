"""Matting in the uncertain band."""

import cv2
import numpy as np
import pytest

from shared.errors import ModelUnavailable
from shared.spec.refine import RefineSpec
from tests.images import assert_close, disc, strands
from worker.matting import closed_form
from worker.matting.closed_form import solve_matte
from worker.matting.refine import refine


@pytest.fixture
def scene():
    """Fair hair before dark blue, and a matte that has lost its detail: photo, truth, matte 0..1."""
    alpha = cv2.resize(strands(), (192, 192))
    share = alpha[..., None] / 255
    photo = (share * (220, 190, 120) + (1 - share) * (20, 30, 70)).astype(np.uint8)
    return photo, alpha, cv2.GaussianBlur(alpha, (0, 0), 3).astype(np.float32) / 255


def test_without_its_package_it_says_what_to_install(scene, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymatting.laplacian.cf_laplacian", None)

    with pytest.raises(ModelUnavailable, match="extra `matting`"):
        solve_matte(scene[0], scene[2])


def test_detail_that_the_matte_lost_is_found_in_the_photo(scene):
    pytest.importorskip("pymatting")
    photo, alpha, matte = scene

    before = np.abs(matte * 255 - alpha).mean()
    after = np.abs(solve_matte(photo, matte) * 255 - alpha).mean()

    assert after < 0.9 * before


def test_an_edge_that_the_network_has_found_stays_where_it_is():
    pytest.importorskip("pymatting")
    photo = np.random.default_rng(2).integers(0, 256, (300, 300, 3), np.uint8)
    matte = disc(300, 300, 90.0).astype(np.float32) / 255

    assert_close(solve_matte(photo, matte), matte, most=0.05)


def test_a_field_of_doubt_is_left_to_the_network_however_plain_its_colours():
    pytest.importorskip("pymatting")
    matte = np.zeros((400, 400), np.float32)
    matte[100:300, 100:200] = 1
    matte[100:300, 200:350] = 0.6  # a part that it cannot place, of the background's colour
    photo = np.full((400, 400, 3), 30, np.uint8)
    photo[100:300, 100:200] = 200

    assert (solve_matte(photo, matte)[150:250, 245:305] == np.float32(0.6)).all()


def test_what_is_far_from_any_doubt_is_left_alone(scene):
    pytest.importorskip("pymatting")
    photo, _, matte = scene
    far = cv2.dilate(((matte > 0.05) & (matte < 0.95)).astype(np.uint8), np.ones((23, 23), np.uint8)) == 0

    solved = solve_matte(photo, matte)

    assert np.array_equal(solved[far], np.rint(matte[far]))


def test_a_large_photo_is_solved_small_and_comes_out_large():
    pytest.importorskip("pymatting")
    photo, matte = np.full((1200, 1600, 3), 90, np.uint8), np.zeros((64, 64), np.float32)
    matte[20:40, 20:40] = 1

    refined = refine(photo, matte, RefineSpec(method="matting"))

    assert refined.shape == (1200, 1600)
    assert refined[560, 750] == 255
    assert refined[0, 0] == 0


def test_out_of_time_it_gives_what_it_has(scene, monkeypatch):
    pytest.importorskip("pymatting")
    monkeypatch.setattr(closed_form, "_SECONDS", -1.0)

    assert solve_matte(scene[0], scene[2]).shape == scene[2].shape


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (2, 2)])
def test_extreme_shapes_come_out(shape):
    pytest.importorskip("pymatting")

    assert solve_matte(np.zeros((*shape, 3), np.uint8), np.full((8, 8), 0.5, np.float32)).shape == shape
