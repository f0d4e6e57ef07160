import cv2
import numpy as np
import pytest

from worker.upscaling.tiles import Tiling, enlarge, part, rows_of_tiles


def _repeat(tiles):
    return tiles.repeat(2, axis=1).repeat(2, axis=2)


def _blurred(tiles):
    """Enlarge ×2 after a blur that reaches 3 px."""
    return _repeat(np.stack([cv2.GaussianBlur(tile, (7, 7), 1.5) for tile in tiles]))


def _random(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _all_tiles(picture, tiling):
    return [tile for row in rows_of_tiles(*picture.shape[:2], tiling.core_px) for tile in row]


@pytest.mark.parametrize("shape", [(1, 1, 3), (16, 16, 3), (17, 33, 3), (5, 70), (64, 3, 3)])
def test_every_pixel_comes_from_exactly_one_tile(shape):
    picture, tiling = _random(*shape), Tiling(24, 4, 2)
    enlarged = enlarge(picture, _repeat, tiling, _all_tiles(picture, tiling), lambda _: None)
    np.testing.assert_array_equal(enlarged, _repeat(picture[None])[0])


@pytest.mark.parametrize(("at_once", "groups"), [(1, [1] * 8), (3, [3, 3, 2]), (9, [8])])
def test_tiles_of_one_shape_are_enlarged_so_many_at_once_to_the_same_picture(at_once, groups):
    picture, tiling, seen, shares = _random(30, 50, 3), Tiling(20, 2, 2, at_once), [], []

    def run(tiles):
        assert tiles.shape[1:] == (20, 20, 3) and tiles.flags.c_contiguous
        seen.append(len(tiles))
        return _blurred(tiles)

    tiles = _all_tiles(picture, tiling)
    enlarged = enlarge(picture, run, tiling, tiles, shares.append)
    one_by_one = enlarge(picture, _blurred, Tiling(20, 2, 2), tiles, lambda _: None)
    np.testing.assert_array_equal(enlarged, one_by_one)
    assert seen == groups and shares[-1] == 1 and len(shares) == len(groups)


def test_a_pad_of_the_operators_reach_leaves_no_seam():
    picture = _random(50, 70, 3)
    tiled, whole = Tiling(22, 3, 2), Tiling(200, 3, 2)
    results = [enlarge(picture, _blurred, t, _all_tiles(picture, t), lambda _: None) for t in (tiled, whole)]
    np.testing.assert_array_equal(*results)


def test_tiles_left_out_stay_zero():
    picture, tiling = _random(32, 32) | 1, Tiling(16, 0, 2)
    enlarged = enlarge(picture, _repeat, tiling, _all_tiles(picture, tiling)[1:], lambda _: None)
    assert not enlarged[:32, :32].any() and enlarged[:32, 32:].all() and enlarged[32:].all()


def test_progress_rises_to_one_and_may_stop_the_work():
    picture, tiling, shares, runs = _random(32, 48), Tiling(16, 0, 2), [], []
    enlarge(picture, _repeat, tiling, _all_tiles(picture, tiling), shares.append)
    assert shares == [pytest.approx(n / 6) for n in range(1, 7)]

    def run(tile):
        runs.append(tile)
        return _repeat(tile)

    def stop(_done):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        enlarge(picture, run, tiling, _all_tiles(picture, tiling), stop)
    assert len(runs) == 1


def test_tiles_that_are_all_pad_are_refused():
    with pytest.raises(ValueError, match="48 px"):
        Tiling(48, 24, 4)


def test_a_part_of_the_progress_moves_between_its_ends():
    seen = []
    half = part(seen.append, 0.5, 1.0)
    half(0.0)
    half(1.0)
    assert seen == [0.5, 1.0]
