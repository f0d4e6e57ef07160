"""Colour grading, duotone, and the photo put behind in grey or in squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spec.effects import BackgroundSpec, ColorGradeSpec, DuotoneSpec, PixelateBackgroundSpec
from tests.images import assert_close, cutout, disc, gradient
from worker.effects.render import render
from worker.imaging.types import Cutout, Scene

SCENE = Scene(gradient())
GREYS = Cutout.of(
    np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2), np.full((1, 256), 255, np.uint8)
)
unit = st.floats(-1, 1)


def graded(**asked):
    return render(GREYS, [ColorGradeSpec(**asked)], SCENE).rgb[0].astype(int)


class TestColorGrade:
    @settings(max_examples=40, deadline=None)
    @given(spec=st.builds(ColorGradeSpec, brightness=unit, contrast=unit, saturation=unit, temperature=unit))
    def test_alpha_stays_and_brighter_stays_brighter(self, spec):
        result = render(GREYS, [spec], SCENE)
        assert_close(result.alpha, GREYS.alpha)
        assert (np.diff(result.rgb[0].astype(int), axis=0) >= 0).all()

    @pytest.mark.parametrize("brightness", [-1, -0.3, 0.3, 1])
    def test_brightness_moves_the_middle_and_keeps_the_ends(self, brightness):
        levels = graded(brightness=brightness)[:, 0]
        assert (levels[0], levels[255]) == (0, 255)
        assert np.sign(levels[128] - 128) == np.sign(brightness)

    def test_contrast_turns_about_middle_grey(self):
        assert abs(graded(contrast=1)[127, 0] - 127) <= 1
        assert graded(contrast=1)[64, 0] == 0 or graded(contrast=1)[64, 0] < 2
        assert graded(contrast=-1)[0, 0] == 64

    @pytest.mark.parametrize("saturation", [-1, 0.5, 1])
    def test_saturation_leaves_grey_alone(self, saturation):
        assert_close(graded(saturation=saturation), GREYS.rgb[0], most=1)

    def test_no_saturation_is_grey_as_bright_as_before(self):
        rgb = render(cutout(), [ColorGradeSpec(saturation=-1)], SCENE).rgb.astype(int)
        assert np.ptp(rgb, axis=2).max() <= 1
        assert_close(rgb[..., 0], gradient() @ np.array([0.2126, 0.7152, 0.0722]), most=1)

    @pytest.mark.parametrize("temperature", [-1, -0.2, 0.2, 1])
    def test_warmth_shifts_red_against_blue_and_keeps_the_brightness_of_grey(self, temperature):
        red, _, blue = graded(temperature=temperature)[128]
        assert np.sign(red - blue) == np.sign(temperature)
        assert abs(graded(temperature=temperature)[128] @ np.array([0.2126, 0.7152, 0.0722]) - 128) < 1.5


class TestDuotone:
    def test_black_and_white_become_the_two_colours(self):
        result = render(GREYS, [DuotoneSpec(shadows="#102030", highlights="#f0e0d0")], SCENE)
        assert tuple(result.rgb[0, 0]) == (16, 32, 48)
        assert tuple(result.rgb[0, 255]) == (240, 224, 208)
        assert np.abs(np.diff(result.rgb[0].astype(int), axis=0)).max() <= 2

    def test_half_of_it_is_half_way(self):
        whole, half = (
            render(GREYS, [DuotoneSpec(amount=amount)], SCENE).rgb.astype(float) for amount in (1, 0.5)
        )
        assert_close(half, (whole + GREYS.rgb) / 2, most=1)

    def test_alpha_stays(self):
        assert_close(render(cutout(), [DuotoneSpec()], SCENE).alpha, disc())


class TestOriginalBehind:
    """`background` with `desaturate`."""

    def test_nothing_taken_away_is_the_photo(self):
        result = render(cutout(), [BackgroundSpec(desaturate=0)], SCENE)
        assert_close(result.rgb, gradient(), most=1)
        assert result.alpha.min() == 255

    def test_all_taken_away_is_grey_but_for_the_subject(self):
        result = render(cutout(), [BackgroundSpec(desaturate=1)], SCENE)
        outside, inside = disc() == 0, disc() == 255
        assert np.ptp(result.rgb[outside].astype(int), axis=1).max() <= 1
        assert_close(result.rgb[inside], gradient()[inside])

    def test_it_lies_where_the_photo_lies_also_when_enlarged(self):
        large = Cutout.of(np.zeros((96, 128, 3), np.uint8), np.zeros((96, 128), np.uint8))
        result = render(large, [BackgroundSpec(desaturate=0)], SCENE)
        assert_close(result.rgb[::2, ::2], gradient(), most=8)


class TestPixelateBackground:
    def test_each_square_has_one_colour(self):
        alpha = np.zeros((80, 160), np.uint8)
        rgb = gradient(80, 160)
        result = render(Cutout.of(rgb, alpha), [PixelateBackgroundSpec(size=10)], Scene(rgb)).rgb
        blocks = result.reshape(5, 16, 10, 16, 3)
        assert (blocks == blocks[:, :1, :, :1]).all()
        assert_close(blocks[:, 0, :, 0], rgb.reshape(5, 16, 10, 16, 3).mean(axis=(1, 3)), most=2)

    @pytest.mark.parametrize("size", [0.5, 4, 25])
    def test_nothing_of_the_subject_s_colour_is_in_them(self, size):
        alpha = disc(96, 128, 20.0)
        share = alpha[..., None] / 255
        rgb = (np.array([255, 0, 0]) * share + np.array([0, 0, 255]) * (1 - share)).round().astype(np.uint8)
        result = render(Cutout.of(rgb, alpha), [PixelateBackgroundSpec(size=size)], Scene(rgb))
        assert result.rgb[alpha == 0][:, 0].max() <= 3
