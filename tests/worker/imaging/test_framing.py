"""The size of a result: canvas, position, scale, and what effects add beyond."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spec.effects import BackgroundSpec, CanvasSpec, DropShadowSpec
from shared.spec.output import OutputSpec
from tests.images import assert_close, gradient
from worker.effects.render import render
from worker.imaging.crop import subject_box
from worker.imaging.framing import finish, frame
from worker.imaging.types import Cutout, Scene


def block(height=100, width=140, box=(30, 20, 60, 40)):
    alpha = np.zeros((height, width), np.uint8)
    x, y, w, h = box
    alpha[y : y + h, x : x + w] = 255
    return Cutout.of(gradient(height, width), alpha)


def test_nothing_asked_changes_nothing():
    subject = block()
    framed = frame(subject, OutputSpec())
    assert framed is subject
    assert finish(framed, framed, OutputSpec()) is subject


def test_the_photo_is_fitted_into_the_canvas_as_a_whole():
    framed = frame(block(), OutputSpec(canvas=(280, 280)))
    assert framed.alpha.shape == (280, 280)
    assert framed.frame == (0, 40, 280, 200)
    assert subject_box(framed.alpha, 128) == (60, 80, 120, 80)


def test_a_crop_comes_first():
    framed = frame(block(), OutputSpec(crop=True, canvas=(120, 100)))
    assert subject_box(framed.alpha, 128) == (0, 10, 120, 80)


@pytest.mark.parametrize(
    ("position", "corner"),
    [
        ("center", (40, 30)),
        ("top_left", (0, 0)),
        ("bottom", (40, 60)),
        ("right", (80, 30)),
        ((0, 0), (0, 0)),
        ((50, 50), (40, 30)),
        ((25, 90), (20, 54)),
        ((100, 33.3), (80, 19)),
    ],
)
def test_the_subject_stands_where_it_is_asked_to_at_its_own_size(position, corner):
    framed = frame(block(), OutputSpec(position=position))
    assert framed.alpha.shape == (100, 140)
    assert subject_box(framed.alpha) == (*corner, 60, 40)


def test_a_crop_leaves_each_side_what_it_is_asked_to():
    framed = frame(block(), OutputSpec(crop=True, crop_margins=("5px", "10%", "0%", "40px")))
    assert framed.alpha.shape == (5 + 40, 40 + 60 + 6)
    assert subject_box(framed.alpha) == (40, 5, 60, 40)


def test_a_crop_of_nothing_is_the_photo():
    empty = Cutout.of(gradient(), np.zeros((48, 64), np.uint8))
    assert frame(empty, OutputSpec(crop=True, crop_margins=("5px",) * 4)) is empty


@pytest.mark.parametrize("scale", [10, 50, 85, 100])
def test_a_scaled_subject_fills_its_share_of_the_canvas_in_the_middle(scale):
    framed = frame(block(), OutputSpec(canvas=(200, 200), scale=scale))
    x, y, width, height = subject_box(framed.alpha, 128)
    assert max(width, height) == pytest.approx(2 * scale, abs=1)
    assert (x, y) == pytest.approx(((200 - width) / 2, (200 - height) / 2), abs=1)


def test_a_scale_without_a_canvas_keeps_the_photo_s_size():
    framed = frame(block(), OutputSpec(scale=100))
    assert framed.alpha.shape == (100, 140)
    assert subject_box(framed.alpha, 128)[2] == 140


@settings(max_examples=50, deadline=None)
@given(
    width=st.integers(1, 150),
    height=st.integers(1, 150),
    scale=st.none() | st.floats(10, 100),
    crop=st.booleans(),
    position=st.sampled_from(["original", "center", "bottom_right", "top"]),
)
def test_the_result_is_exactly_the_canvas_whatever_the_effects_add(width, height, scale, crop, position):
    spec = OutputSpec(canvas=(width, height), scale=scale, crop=crop, position=position)
    subject = block()
    framed = frame(subject, spec)
    for effects in ([], [DropShadowSpec(offset_x=20)], [CanvasSpec(preset="marketplace")]):
        result = finish(render(framed, effects, Scene(subject.rgb)), framed, spec)
        assert result.alpha.shape == (height, width)


def test_what_a_shadow_adds_is_cut_off_and_the_subject_stays_in_place():
    spec = OutputSpec(canvas=(280, 200))
    framed = frame(block(), spec)
    shadow = DropShadowSpec(offset_x=-25, offset_y=-25, opacity=1)
    result = finish(render(framed, [shadow], Scene(gradient())), framed, spec)
    assert result.frame == framed.frame
    opaque = framed.alpha == 255
    assert_close(result.rgb[opaque], framed.rgb[opaque])


def test_a_background_fills_the_whole_canvas():
    framed = frame(block(), OutputSpec(canvas=(90, 200)))
    result = render(framed, [BackgroundSpec(blur=2)], Scene(gradient(100, 140)))
    assert (result.alpha.shape, result.alpha.min()) == ((200, 90), 255)


@pytest.mark.parametrize("megapixels", [0.01, 0.0139, 0.014, 50])
def test_a_result_that_is_too_large_is_reduced(megapixels):
    subject = block()
    result = finish(subject, subject, OutputSpec(max_megapixels=megapixels))
    height, width = result.alpha.shape
    assert width * height <= max(megapixels * 1e6, 1)
    assert width / height == pytest.approx(1.4, abs=0.03)
    assert (result is subject) == (megapixels >= 0.014)


@pytest.mark.parametrize("fill", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1)])
def test_extremes_are_framed_as_a_whole(fill, size):
    subject = Cutout.of(np.zeros((*size, 3), np.uint8), np.full(size, fill, np.uint8))
    for spec in (OutputSpec(canvas=(50, 40), scale=50), OutputSpec(canvas=(50, 40)), OutputSpec(scale=10)):
        framed = frame(subject, spec)
        assert framed.alpha.shape == (size if spec.canvas is None else (40, 50))
