"""What holds for effects whatever their parameters, and what each one is for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InternalError
from shared.plugins import names
from shared.spec.effects import EFFECTS, BackgroundSpec, DropShadowSpec, GradientSpec, OutlineSpec
from tests.images import assert_close, cutout, disc, gradient, strands
from worker.effects.render import render
from worker.imaging.crop import crop, subject_box
from worker.imaging.types import Cutout, Scene

URL = "https://pictures.example/beach.jpg"
SCENE = Scene(gradient(), {URL: gradient(30, 90)[::-1].copy()})
EMPTY = Cutout.of(gradient(), np.zeros((48, 64), np.uint8))
FULL = Cutout.of(gradient(), np.full((48, 64), 255, np.uint8))
BACKGROUNDS = [
    BackgroundSpec(color="#123456"),
    BackgroundSpec(gradient=GradientSpec()),
    BackgroundSpec(gradient=GradientSpec(kind="radial")),
    BackgroundSpec(image={"url": URL}),
    BackgroundSpec(blur=3),
]
LINES = [
    DropShadowSpec(),
    DropShadowSpec(blur=0, offset_x=-20, offset_y=5, opacity=1),
    OutlineSpec(),
    OutlineSpec(width=8),
]
percent = st.floats(-25, 25)
shadows = st.builds(
    DropShadowSpec, blur=st.floats(0, 10), offset_x=percent, offset_y=percent, opacity=st.floats(0, 1)
)
outlines = st.builds(OutlineSpec, width=st.floats(0.05, 10))


def test_every_type_has_a_module_and_every_module_a_type():
    types = {spec.model_fields["type"].default for spec in EFFECTS}
    assert types == set(names("worker.effects")) - {"render"}


def in_frame(result):
    """The result where the photo was."""
    x, y, width, height = result.frame
    return result.rgb[y : y + height, x : x + width], result.alpha[y : y + height, x : x + width]


@settings(max_examples=60, deadline=None)
@given(effects=st.lists(st.one_of(shadows, outlines, st.sampled_from(BACKGROUNDS)), max_size=3))
def test_no_effect_touches_the_subject_s_own_pixels(effects):
    subject = cutout()
    result = render(subject, effects, SCENE)
    rgb, alpha = in_frame(result)
    opaque = subject.alpha == 255
    assert_close(rgb[opaque], subject.rgb[opaque])
    assert alpha[opaque].min() == 255
    assert (alpha >= subject.alpha).all()
    assert result.rgb.dtype == result.alpha.dtype == np.uint8
    assert result.rgb.shape == (*result.alpha.shape, 3)
    assert result.frame[2:] == (64, 48)


@settings(max_examples=40, deadline=None)
@given(spec=shadows)
def test_a_shadow_is_the_mirror_image_of_the_mirrored_shadow(spec):
    subject = cutout(center=(25, 20))
    mirrored = subject.with_pixels(subject.rgb[:, ::-1].copy(), subject.alpha[:, ::-1].copy())
    one = render(subject, [spec], SCENE)
    other = render(mirrored, [spec.model_copy(update={"offset_x": -spec.offset_x})], SCENE)
    # A half pixel of offset is rounded to the even one, on either side the same; a wide blur is interpolated.
    assert one.alpha.shape == other.alpha.shape
    assert_close(other.alpha[:, ::-1], one.alpha, most=6)


@settings(max_examples=30, deadline=None)
@given(spec=outlines)
def test_an_outline_is_symmetrical(spec):
    subject = cutout(49, 65, 14.0)
    result = render(subject, [spec], SCENE)
    assert_close(result.alpha[:, ::-1], result.alpha, most=1)
    assert_close(result.alpha[::-1], result.alpha, most=1)


@settings(max_examples=40, deadline=None)
@given(spec=st.one_of(shadows, outlines), x=st.integers(0, 63), y=st.integers(0, 47))
def test_the_canvas_holds_the_whole_effect(spec, x, y):
    subject = cutout(radius=9.0, center=(x, y))
    roomy = Cutout(
        np.pad(subject.rgb, ((99, 99), (99, 99), (0, 0))), np.pad(subject.alpha, 99), None, (99, 99, 64, 48)
    )
    tight, wide = render(subject, [spec], SCENE), render(roomy, [spec], SCENE)
    left, top = tight.frame[0], tight.frame[1]
    # The same effect on an endless canvas has nothing that the grown one lacks …
    height, width = tight.alpha.shape
    window = np.s_[99 - top : 99 - top + height, 99 - left : 99 - left + width]
    assert_close(wide.alpha[window], tight.alpha, most=1)
    outside = wide.alpha.copy()
    outside[window] = 0
    assert outside.max() == 0
    # … and an effect that fits within the canvas does not grow it.
    assert wide.alpha.shape == roomy.alpha.shape


@pytest.mark.parametrize(
    "spec",
    [DropShadowSpec(opacity=0), DropShadowSpec(color="#0000"), OutlineSpec(color="#fff0")],
)
def test_an_invisible_effect_changes_nothing(spec):
    subject = cutout()
    assert render(subject, [spec], SCENE) is subject


def test_no_effects_give_the_cutout_back():
    subject = cutout()
    assert render(subject, [], SCENE) is subject


@pytest.mark.parametrize("spec", LINES)
def test_nothing_has_no_shadow_and_no_outline(spec):
    assert render(EMPTY, [spec], SCENE) is EMPTY


@pytest.mark.parametrize("spec", LINES + BACKGROUNDS)
def test_a_full_picture_stays_as_it_is_within_its_frame(spec):
    result = render(FULL, [spec], SCENE)
    rgb, alpha = in_frame(result)
    assert_close(rgb, FULL.rgb)
    assert alpha.min() == 255


@pytest.mark.parametrize("spec", BACKGROUNDS)
@pytest.mark.parametrize("subject", [cutout(), EMPTY, FULL, Cutout.of(gradient(96, 96), strands())])
def test_a_background_makes_the_canvas_opaque_and_keeps_its_size(spec, subject):
    result = render(subject, [spec], SCENE)
    assert result.alpha.min() == 255
    assert result.alpha.shape == subject.alpha.shape
    assert result.frame == subject.frame


def test_a_hard_shadow_is_the_shape_moved():
    result = render(
        cutout(100, 100, 20.0), [DropShadowSpec(blur=0, offset_x=25, offset_y=0, opacity=1)], SCENE
    )
    assert result.alpha.shape == (100, 100)
    assert subject_box(result.alpha, faintest=1) == (30, 30, 65, 40)
    assert tuple(result.rgb[50, 90]) == (0, 0, 0)
    assert result.alpha[50, 90] == 255


def test_a_shadow_s_strength_is_its_opacity_times_its_colour_s():
    spec = DropShadowSpec(blur=0, offset_x=25, offset_y=0, opacity=0.5, color="#00008080")
    result = render(cutout(100, 100, 20.0), [spec], SCENE)
    assert abs(int(result.alpha[50, 90]) - 64) <= 1
    assert tuple(result.rgb[50, 90]) == (0, 0, 128)


def test_a_soft_shadow_fades_outward():
    spec = DropShadowSpec(blur=5, offset_x=0, offset_y=0, opacity=1)
    row = render(cutout(100, 100, 20.0), [spec], SCENE).alpha[50, 71:].astype(int)
    assert (np.diff(row) <= 1).all()
    assert row[0] > 60
    assert row[-1] == 0


@pytest.mark.parametrize("width", [0.5, 1.25, 4.0, 10.0])
def test_an_outline_is_as_wide_as_asked_in_every_direction(width):
    side = 1000
    subject = cutout(side, side, 300.0)
    line = render(subject, [OutlineSpec(width=width)], SCENE).alpha
    radius = 300 + width / 100 * side
    area = np.pi * radius**2
    assert abs(line.sum() / 255 - area) / (2 * np.pi * radius) < 0.55  # px off, on average
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    distance = np.hypot(x, y)
    assert line[distance < radius - 1.75].min() == 255
    assert line[distance > radius + 1.75].max() == 0


def test_an_outline_has_a_smooth_edge():
    line = render(cutout(200, 200, 60.0), [OutlineSpec(width=5)], SCENE).alpha
    between = ((line > 20) & (line < 235)).sum()
    assert between > 2 * np.pi * 70 * 0.5


def test_a_colour_shows_where_nothing_is_and_mixes_at_the_edge():
    subject = cutout()
    result = render(subject, [BackgroundSpec(color="#102030")], SCENE)
    assert tuple(result.rgb[0, 0]) == (16, 32, 48)
    share = subject.alpha[..., None] / 255
    assert_close(result.rgb, subject.rgb * share + np.array([16, 32, 48]) * (1 - share), most=0.51)


def test_a_translucent_colour_leaves_translucency():
    result = render(EMPTY, [BackgroundSpec(color="#10203080")], SCENE)
    assert np.unique(result.alpha).tolist() == [128]


@pytest.mark.parametrize(
    ("angle", "first"), [(0, (0, 0)), (90, (0, 0)), (180, (0, -1)), (270, (-1, 0)), (45, (0, 0))]
)
def test_a_linear_gradient_begins_where_its_angle_says(angle, first):
    gradient_spec = GradientSpec(start="#000", end="#fff", angle=angle)
    rgb = render(EMPTY, [BackgroundSpec(gradient=gradient_spec)], SCENE).rgb[..., 0].astype(int)
    assert rgb[first] == 0
    assert rgb.max() == 255
    assert np.abs(np.diff(rgb, axis=0)).max() <= 6
    assert np.abs(np.diff(rgb, axis=1)).max() <= 6


def test_a_gradient_has_no_bands():
    canvas = Cutout.of(np.zeros((4, 3000, 3), np.uint8), np.zeros((4, 3000), np.uint8))
    spec = BackgroundSpec(gradient=GradientSpec(start="#fff", end="#d9d9d9", angle=0))
    row = render(canvas, [spec], SCENE).rgb[0, :, 0].astype(int)
    assert np.abs(np.diff(row)).max() == 1
    assert_close(row, np.linspace(255, 217, 3000), most=0.53)


def test_a_radial_gradient_runs_from_the_centre_to_the_corners():
    spec = GradientSpec(kind="radial", start="#ff0000", end="#0000ff")
    rgb = render(
        Cutout.of(gradient(49, 65), np.zeros((49, 65), np.uint8)), [BackgroundSpec(gradient=spec)], SCENE
    ).rgb
    assert tuple(rgb[24, 32]) == (255, 0, 0)
    assert {tuple(rgb[y, x]) for y in (0, -1) for x in (0, -1)} == {(0, 0, 255)}
    assert_close(rgb[::-1, ::-1], rgb)


def test_a_transparent_end_of_a_gradient_lends_no_colour():
    spec = GradientSpec(start="#ff0000ff", end="#00000000", angle=0)
    result = render(EMPTY, [BackgroundSpec(gradient=spec)], SCENE)
    assert result.rgb[..., 0][result.alpha > 8].min() >= 254
    assert result.alpha[0, 0] == 255
    assert result.alpha[0, -1] == 0


def test_a_picture_that_was_not_fetched_is_our_fault():
    with pytest.raises(InternalError):
        render(cutout(), [BackgroundSpec(image={"url": URL})], Scene(gradient()))


def red_disc_on_blue(radius=14.0):
    alpha = disc(96, 128, radius)
    share = alpha[..., None] / 255
    rgb = (np.array([255, 0, 0]) * share + np.array([0, 0, 255]) * (1 - share)).round().astype(np.uint8)
    return Cutout.of(rgb, alpha), Scene(rgb)


@pytest.mark.parametrize("blur", [0.5, 2, 10])
def test_the_subject_leaves_no_glow_in_the_blur(blur):
    subject, scene = red_disc_on_blue()
    hidden = subject.with_pixels(
        subject.rgb, np.where(subject.alpha == 255, 0, subject.alpha).astype(np.uint8)
    )
    result = render(subject, [BackgroundSpec(blur=blur)], scene)
    outside = subject.alpha == 0
    assert result.rgb[outside][:, 0].max() <= 2
    assert hidden.alpha.max() < 255


def test_the_blur_lies_where_the_photo_lies():
    photo = np.zeros((100, 200, 3), np.uint8)
    photo[:, 100:] = 255
    nothing = np.zeros((100, 200), np.uint8)
    result = render(Cutout.of(photo, nothing), [BackgroundSpec(blur=1)], Scene(photo))
    assert_close(result.rgb[:, [40, 160]], photo[:, [40, 160]], most=1)
    assert abs(int(result.rgb[50, 99, 0]) + int(result.rgb[50, 100, 0]) - 255) <= 4
    # … on a canvas that has grown, and on one that has been cut, …
    grown = Cutout(
        np.zeros((140, 260, 3), np.uint8), np.zeros((140, 260), np.uint8), None, (30, 10, 200, 100)
    )
    shifted = render(grown, [BackgroundSpec(blur=1)], Scene(photo))
    assert_close(shifted.rgb[10:110, 30:230], result.rgb, most=1)
    cut = Cutout(np.zeros((60, 90, 3), np.uint8), np.zeros((60, 90), np.uint8), None, (-70, -20, 200, 100))
    assert_close(render(cut, [BackgroundSpec(blur=1)], Scene(photo)).rgb, result.rgb[20:80, 70:160], most=1)
    # … and when the cut-out has been enlarged.
    large = Cutout.of(np.zeros((200, 400, 3), np.uint8), np.zeros((200, 400), np.uint8))
    doubled = render(large, [BackgroundSpec(blur=1)], Scene(photo))
    assert_close(doubled.rgb[::2, ::2], result.rgb, most=24, mean=2)


def test_effects_after_a_crop_are_as_large_as_before_it():
    subject = cutout(200, 200, 30.0)
    line = OutlineSpec(width=5)
    before = crop(render(subject, [line], SCENE))
    after = crop(render(crop(subject), [line], SCENE))
    assert_close(after.alpha, before.alpha, most=1)


def test_the_order_of_effects_counts():
    line, fill = OutlineSpec(width=4, color="#fff"), BackgroundSpec(color="#000")
    assert render(cutout(), [line, fill], SCENE).alpha.shape == (48, 64)
    assert render(cutout(), [fill, line], SCENE).alpha.shape > (48, 64)
