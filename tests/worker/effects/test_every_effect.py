"""What holds for every effect, whatever it paints."""

import numpy as np
import pytest

from shared.spec.effects import (
    BackgroundSpec,
    CanvasSpec,
    ColorGradeSpec,
    ContactShadowSpec,
    CropToSubjectSpec,
    DropShadowSpec,
    DuotoneSpec,
    FeatherEdgesSpec,
    GlowSpec,
    OutlineSpec,
    PixelateBackgroundSpec,
    ReflectionSpec,
)
from tests.images import assert_close, cutout, disc, gradient, strands
from worker.effects.render import render
from worker.imaging.types import Cutout, Scene

EVERY = [
    BackgroundSpec(color="#123456"),
    BackgroundSpec(blur=3),
    BackgroundSpec(desaturate=0.7),
    DropShadowSpec(),
    ContactShadowSpec(),
    ContactShadowSpec(angle=-150, length=120, blur=3),
    ContactShadowSpec(length=0, blur=0.1),
    ReflectionSpec(),
    ReflectionSpec(length=100, blur=0, gap=4),
    OutlineSpec(),
    GlowSpec(),
    FeatherEdgesSpec(),
    ColorGradeSpec(brightness=0.3, contrast=-0.4, saturation=0.8, temperature=-0.5),
    DuotoneSpec(),
    PixelateBackgroundSpec(),
    CropToSubjectSpec(margin=5),
    CanvasSpec(preset="marketplace"),
    CanvasSpec(width=40, height=90, margin=10, position="top_left"),
]
NEUTRAL = [
    ContactShadowSpec(opacity=0),
    ContactShadowSpec(color="#0000"),
    ReflectionSpec(opacity=0),
    GlowSpec(opacity=0),
    GlowSpec(color="#fff0"),
    FeatherEdgesSpec(width=0),
    ColorGradeSpec(),
    DuotoneSpec(amount=0),
]
BEHIND = (DropShadowSpec, ContactShadowSpec, ReflectionSpec, OutlineSpec, GlowSpec, PixelateBackgroundSpec)


def full(height, width):
    return Cutout.of(gradient(height, width), np.full((height, width), 255, np.uint8))


def empty(height, width):
    return Cutout.of(gradient(height, width), np.zeros((height, width), np.uint8))


def check(result, icc_profile=None):
    assert result.rgb.dtype == result.alpha.dtype == np.uint8
    assert result.rgb.shape == (*result.alpha.shape, 3)
    assert result.icc_profile == icc_profile
    assert min(result.alpha.shape) >= 1


@pytest.mark.parametrize("spec", EVERY, ids=repr)
@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (2, 3), (37, 53)])
@pytest.mark.parametrize("make", [full, empty])
def test_any_size_goes_empty_or_full(spec, size, make):
    subject = make(*size)
    check(render(subject, [spec], Scene(subject.rgb)))


@pytest.mark.parametrize("spec", EVERY, ids=repr)
@pytest.mark.parametrize("size", [(1, 4000), (4000, 1)])
def test_a_line_four_thousand_pixels_long_goes(spec, size):
    alpha = np.zeros(size, np.uint8)
    alpha.ravel()[1000:3000] = 255
    subject = Cutout.of(gradient(*size), alpha)
    check(render(subject, [spec], Scene(subject.rgb)))


@pytest.mark.parametrize("spec", EVERY, ids=repr)
def test_what_is_given_is_not_written_to(spec):
    subject = cutout()
    before = subject.rgb.copy(), subject.alpha.copy()
    render(subject, [spec], Scene(subject.rgb))
    assert_close(subject.rgb, before[0])
    assert_close(subject.alpha, before[1])


@pytest.mark.parametrize("spec", EVERY, ids=repr)
def test_it_comes_out_the_same_twice(spec):
    one, other = (render(cutout(), [spec], Scene(gradient())) for _ in range(2))
    assert_close(one.rgb, other.rgb)
    assert_close(one.alpha, other.alpha)


@pytest.mark.parametrize("spec", NEUTRAL, ids=repr)
def test_a_neutral_one_changes_nothing(spec):
    subject = cutout()
    assert render(subject, [spec], Scene(subject.rgb)) is subject


@pytest.mark.parametrize("spec", [spec for spec in EVERY if isinstance(spec, BEHIND)], ids=repr)
@pytest.mark.parametrize("alpha", [disc(), strands(48, 64)], ids=["disc", "strands"])
def test_what_is_painted_behind_leaves_the_subject_as_it_is(spec, alpha):
    subject = Cutout.of(gradient(), alpha)
    result = render(subject, [spec], Scene(gradient(), {}))
    x, y, width, height = result.frame
    window = np.s_[y : y + height, x : x + width]
    opaque = alpha == 255
    assert_close(result.rgb[window][opaque], subject.rgb[opaque])
    assert (result.alpha[window] >= alpha).all()


@pytest.mark.parametrize("spec", [spec for spec in EVERY if isinstance(spec, BEHIND[:-1])], ids=repr)
def test_nothing_casts_nothing(spec):
    nothing = empty(48, 64)
    assert render(nothing, [spec], Scene(gradient())) is nothing


@pytest.mark.parametrize("spec", EVERY, ids=repr)
def test_the_mirrored_picture_gives_the_mirrored_result(spec):
    if isinstance(spec, DropShadowSpec):
        other_spec = spec.model_copy(update={"offset_x": -spec.offset_x})
    elif isinstance(spec, ContactShadowSpec):
        other_spec = spec.model_copy(update={"angle": -spec.angle})
    elif isinstance(spec, CanvasSpec) and spec.position == "top_left":
        other_spec = spec.model_copy(update={"position": "top_right"})
    else:
        other_spec = spec
    rgb, alpha = gradient(60, 80), disc(60, 80, 17.0, (38, 29))
    one = render(Cutout.of(rgb, alpha), [spec], Scene(rgb))
    turned = Cutout.of(rgb[:, ::-1].copy(), alpha[:, ::-1].copy())
    other = render(turned, [other_spec], Scene(turned.rgb))
    assert one.alpha.shape == other.alpha.shape
    # What cannot be halved, as an odd free width, goes to one side: a pixel's shift is the same picture.
    differences = [
        np.abs(np.roll(seen(other)[:, ::-1], shift, axis=1) - seen(one)).mean() for shift in (-1, 0, 1)
    ]
    assert min(differences) < 3


def seen(result):
    """Colours times alpha, and alpha: what does not depend on hidden colours."""
    return np.dstack([result.rgb * (result.alpha[..., None] / 255), result.alpha])
