"""What a brush forces."""

import numpy as np
import pytest

from shared.spec.mask import StrokeSpec
from worker.matting.strokes import draw


def stroke(mode, *points, radius=5.0):
    return StrokeSpec(mode=mode, radius=radius, points=points)


@pytest.mark.parametrize(("mode", "expected"), [("keep", 255), ("remove", 0)])
def test_a_stroke_forces_what_it_covers_and_nothing_else(mode, expected):
    alpha = np.full((60, 80), 100, np.uint8)

    drawn = draw(alpha, (stroke(mode, (20, 30), (60, 30)),))

    assert (drawn[27:33, 20:60] == expected).all()
    assert (drawn[:23] == 100).all()
    assert (drawn[37:] == 100).all()
    assert (alpha == 100).all()


def test_a_dab_is_a_disc_centred_where_it_was_made():
    drawn = draw(np.zeros((60, 60), np.uint8), (stroke("keep", (30, 30), radius=10),))

    assert drawn.sum() / 255 == pytest.approx(np.pi * 100, rel=0.06)
    assert np.abs(drawn.astype(int) - drawn[::-1, ::-1]).max() <= 40


def test_later_strokes_win():
    strokes = (stroke("keep", (30, 30)), stroke("remove", (30, 30)))

    assert draw(np.zeros((60, 60), np.uint8), strokes)[30, 30] == 0


def test_a_brush_may_leave_the_picture():
    drawn = draw(
        np.zeros((20, 20), np.uint8), (stroke("keep", (-50, 10), (10, 10)), stroke("keep", (900, 900)))
    )

    assert drawn[10, 0] == 255
