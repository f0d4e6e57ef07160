"""Sizes and shapes: canvas, and crop to the subject."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import TooManyMegapixels
from shared.spec.effects import CanvasSpec, CropToSubjectSpec, DropShadowSpec
from tests.images import assert_close, cutout, gradient
from worker.effects.render import render
from worker.imaging.crop import crop, subject_box
from worker.imaging.types import Cutout, Scene

SCENE = Scene(gradient())
EDGES = ["center", "top", "bottom", "left", "right", "top_left", "top_right", "bottom_left", "bottom_right"]


def block(height=100, width=140, box=(30, 20, 60, 40)):
    alpha = np.zeros((height, width), np.uint8)
    x, y, w, h = box
    alpha[y : y + h, x : x + w] = 255
    return Cutout.of(gradient(height, width), alpha)


def on(spec, subject=None):
    result = render(subject or block(), [spec], SCENE)
    return result, subject_box(result.alpha)


def test_the_marketplace_square_is_filled_to_eighty_five_per_cent():
    result, (x, y, width, height) = on(CanvasSpec(preset="marketplace"))
    side = result.alpha.shape[0]
    assert result.alpha.shape == (side, side)
    assert width / side == pytest.approx(0.85, abs=0.015)
    assert (x, y) == ((side - width) // 2, (side - height) // 2)


def test_a_passport_photo_stands_on_its_lower_edge():
    result, (_, y, _, height) = on(CanvasSpec(preset="passport"), block(box=(50, 10, 30, 80)))
    assert result.alpha.shape[1] / result.alpha.shape[0] == pytest.approx(35 / 45, abs=0.02)
    assert y + height == result.alpha.shape[0]
    assert y == pytest.approx(result.alpha.shape[0] * 0.1, abs=1)


def test_without_a_size_no_pixel_is_resampled():
    subject = block()
    result, (x, y, width, height) = on(CanvasSpec(aspect="3:1", margin=5), subject)
    assert_close(result.rgb[y : y + height, x : x + width], subject.rgb[20:60, 30:90])


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    margin=st.floats(0, 45),
    position=st.sampled_from(EDGES),
)
def test_the_subject_fits_and_stands_where_it_is_asked_to(width, height, margin, position):
    subject = block()
    result = render(
        subject, [CanvasSpec(width=width, height=height, margin=margin, position=position)], SCENE
    )
    assert result.alpha.shape == (height, width)
    x, y, w, h = subject_box(result.alpha)
    names = position.split("_")
    if "left" in names:
        assert x == 0
    if "right" in names:
        assert x + w == width
    if "top" in names:
        assert y == 0
    if "bottom" in names:
        assert y + h == height
    free_width = width * (1 - margin / 100 * (1 if {"left", "right"} & set(names) else 2))
    free_height = height * (1 - margin / 100 * (1 if {"top", "bottom"} & set(names) else 2))
    assert w <= free_width + 1
    assert h <= free_height + 1
    assert w >= free_width - 2 or h >= free_height - 2


def test_an_enlarged_subject_keeps_its_shape_and_its_frame():
    result, (_, _, width, height) = on(CanvasSpec(width=600, height=600))
    assert (width, height) == (600, 400)
    assert result.frame[2:] == pytest.approx((1400, 1000), abs=2)


@pytest.mark.parametrize("fill", [0, 255])
def test_a_picture_without_a_subject_or_with_nothing_else_is_placed_as_it_is(fill):
    subject = Cutout.of(gradient(), np.full((48, 64), fill, np.uint8))
    result = render(subject, [CanvasSpec(width=128, height=128)], SCENE)
    assert result.alpha.shape == (128, 128)
    assert int(result.alpha.max()) == fill
    assert result.frame == (0, 16, 128, 96)


def test_one_side_follows_from_the_aspect():
    assert on(CanvasSpec(width=90, aspect="3:2"))[0].alpha.shape == (60, 90)
    assert on(CanvasSpec(height=60, aspect="3:2"))[0].alpha.shape == (60, 90)


def test_a_canvas_out_of_all_proportion_is_refused():
    line = Cutout.of(np.zeros((1, 16_384, 3), np.uint8), np.full((1, 16_384), 255, np.uint8))
    with pytest.raises(TooManyMegapixels):
        render(line, [CanvasSpec(aspect="1:1")], Scene(line.rgb))
    with pytest.raises(TooManyMegapixels):
        render(line, [DropShadowSpec(offset_y=25, blur=10)] * 3, Scene(line.rgb))


def test_crop_to_subject_is_crop():
    subject = cutout(radius=9.0, center=(20, 15))
    for margin in (0, 10):
        assert_close(
            render(subject, [CropToSubjectSpec(margin=margin)], SCENE).alpha, crop(subject, margin).alpha
        )


def test_a_crop_after_a_shadow_keeps_the_shadow():
    shadow = DropShadowSpec(blur=0, offset_x=20, offset_y=0, opacity=1)
    result = render(block(), [shadow, CropToSubjectSpec()], SCENE)
    assert result.alpha.shape == (40, 60 + 28)
