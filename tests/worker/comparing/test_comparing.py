"""Mattes held against each other, and the pictures made of it."""

import numpy as np
import pytest

from tests.images import disc, gradient
from worker.comparing.consensus import agreement, agreements, consensus, spread
from worker.comparing.sheet import Tile, contact_sheet, heat_map


def test_most_of_the_models_decide():
    left, right = disc(center=(20, 24)), disc(center=(44, 24))
    np.testing.assert_array_equal(consensus([left, left, right]), left)


def test_a_tall_picture_is_looked_at_in_bands(monkeypatch):
    monkeypatch.setattr("worker.comparing.consensus._BAND_PIXELS", 100)
    mattes = [disc(), disc(radius=10.0), disc(radius=18.0)]
    np.testing.assert_array_equal(consensus(mattes), np.median(mattes, axis=0))
    assert agreement(mattes[0], mattes[1]) == pytest.approx(100 / 196, abs=0.03)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [(disc(), disc(), 1), (disc(), disc() * 0, 0), (disc() * 0, disc() * 0, 1), (disc() // 3, disc() * 0, 1)],
)
def test_agreement_is_the_overlap_of_what_is_half_opaque(one, other, share):
    assert agreement(one, other) == share


def test_the_one_that_sees_something_else_agrees_least():
    shares = agreements({"a": disc(), "b": disc(radius=14.5), "c": disc(center=(10, 10))})
    assert min(shares, key=shares.get) == "c"
    assert shares["a"] > 0.9 and shares["c"] < 0.3


def test_the_spread_is_between_the_highest_and_the_lowest():
    flat = [np.full((2, 2), value, np.uint8) for value in (10, 200, 100)]
    assert (spread(flat) == 190).all()
    assert (flat[0] == 10).all()


@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_a_sheet_holds_every_picture(count):
    tiles = [Tile(f"model {n}   0.31 s", gradient(), disc()) for n in range(count)]
    sheet = contact_sheet(tiles)
    columns = int(np.ceil(np.sqrt(count)))
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == columns * (480 + 12) + 12


def test_the_label_of_a_narrow_picture_has_its_room():
    narrow = Tile("deeplabv3-resnet101   13.13 s   agrees 98.5%", gradient(160, 20))
    assert contact_sheet([narrow, narrow, narrow, narrow]).shape[1] > 2 * 400


def test_hidden_parts_show_the_squares_and_not_the_photo():
    sheet = contact_sheet(
        [Tile("none", np.full((48, 64, 3), (255, 0, 0), np.uint8), np.zeros((48, 64), np.uint8))]
    )
    assert not ((sheet[..., 0] > 200) & (sheet[..., 1] < 50)).any()


def test_the_heat_is_where_the_mattes_differ_and_the_map_has_a_bound():
    photo = gradient(600, 5000)
    apart = np.zeros((600, 5000), np.uint8)
    apart[:, 2500:] = 255
    heat = heat_map(photo, apart)
    assert max(heat.shape) == 2048
    left, right = heat[:, :1000].astype(int), heat[:, 1100:].astype(int)
    assert (left.max(axis=2) == left.min(axis=2)).all()
    assert (np.ptp(right, axis=2) > 60).all()
