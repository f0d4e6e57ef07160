"""Contact shadows and reflections: where they lie, how they fade."""

import numpy as np
import pytest

from shared.spec.effects import ContactShadowSpec, ReflectionSpec
from tests.images import assert_close, gradient
from worker.effects.render import render
from worker.imaging.types import Cutout, Scene


def standing(height=200, width=300, box=(120, 60, 60, 100)):
    """A block (x, y, width, height) that stands in the picture."""
    alpha = np.zeros((height, width), np.uint8)
    x, y, w, h = box
    alpha[y : y + h, x : x + w] = 255
    return Cutout.of(gradient(height, width), alpha)


def shade(spec, subject=None):
    """Alpha that the effect added, within the photo's frame grown by 100 px."""
    subject = subject or standing()
    result = render(subject, [spec], Scene(subject.rgb))
    x, y, width, height = result.frame
    added = np.pad(result.alpha, 100).astype(int)[y : y + height + 200, x : x + width + 200]
    return added - np.pad(subject.alpha, 100)


GROUND, LEFT, RIGHT = 100 + 160, 100 + 120, 100 + 180


class TestContactShadow:
    def test_the_seam_is_dark_at_the_foot_and_nowhere_above(self):
        dark = shade(ContactShadowSpec(length=0, opacity=1))
        assert dark[GROUND : GROUND + 2, LEFT + 10 : RIGHT - 10].min() > 120
        assert dark[: GROUND - 30].max() == 0
        column = dark[GROUND:, (LEFT + RIGHT) // 2]
        assert (np.diff(column) <= 0).all()

    @pytest.mark.parametrize(("angle", "right_of_it"), [(60, True), (-60, False)])
    def test_it_is_thrown_to_the_side_that_is_asked_for(self, angle, right_of_it):
        dark = shade(ContactShadowSpec(angle=angle, length=100))
        right, left = dark[:, RIGHT + 20 :].sum(), dark[:, : LEFT - 20].sum()
        assert (right > 10 * left) if right_of_it else (left > 10 * right)

    @pytest.mark.parametrize(("angle", "downward"), [(0, False), (180, True)])
    def test_away_is_up_and_toward_the_viewer_is_down(self, angle, downward):
        dark = shade(ContactShadowSpec(angle=angle, length=150, tilt=0.9))
        assert (dark[GROUND + 30 :].max() > 20) == downward

    def test_it_is_longer_the_longer_it_is(self):
        reach = [
            np.flatnonzero(shade(ContactShadowSpec(length=length, angle=70)).max(axis=0)).max()
            for length in (20, 60, 120)
        ]
        assert reach == sorted(set(reach))

    def test_it_grows_paler_with_the_distance(self):
        row = shade(ContactShadowSpec(angle=80, length=200)).max(axis=0)[RIGHT + 5 :]
        assert row[0] > 1.5 * row[row > 0][len(row[row > 0]) * 3 // 4] > 0

    def test_its_darkest_spot_is_what_opacity_says(self):
        # The seam's middle lies behind the subject's foot: a thin subject shows it.
        for opacity in (0.3, 0.8):
            dark = shade(ContactShadowSpec(opacity=opacity, length=0, blur=2))
            assert 0.6 * opacity * 255 < dark.max() <= opacity * 255 + 1

    def test_paws_at_different_heights_all_touch_the_ground(self):
        alpha = np.zeros((200, 300), np.uint8)
        alpha[40:100, 60:240] = 255
        alpha[100:170, 60:90] = 255  # the nearer leg
        alpha[100:140, 210:240] = 255  # the farther one
        dark = shade(ContactShadowSpec(length=0), Cutout.of(gradient(200, 300), alpha))
        assert dark[100 + 171, 100 + 75] > 60
        assert dark[100 + 141, 100 + 225] > 60

    def test_it_is_as_large_on_a_larger_picture(self):
        small, large = (
            shade(ContactShadowSpec(), standing(200 * k, 300 * k, (120 * k, 60 * k, 60 * k, 100 * k)))
            for k in (1, 4)
        )
        inner = small[100:-100, 100:-100]
        assert_close(large[100:-100:4, 100:-100:4], inner, most=40, mean=1.5)


class TestReflection:
    def test_it_is_the_subject_upside_down(self):
        subject = standing()
        result = render(subject, [ReflectionSpec(opacity=1, length=100, blur=0)], Scene(subject.rgb))
        assert_close(result.rgb[160:200, 130:170], subject.rgb[120:160, 130:170][::-1])
        assert result.alpha[160, 150] > 245

    def test_it_fades_to_nothing_over_its_length(self):
        column = shade(ReflectionSpec(opacity=0.5, length=40, blur=0))[GROUND:, 100 + 150]
        assert abs(column[0] - 127) <= 4
        assert (np.diff(column) <= 0).all()
        assert column[41] == 0
        assert column[30] > 0

    def test_a_gap_is_left_free(self):
        column = shade(ReflectionSpec(gap=5, blur=0))[GROUND:, 100 + 150]
        assert column[:15].max() == 0
        assert column[15] > 70

    def test_a_matt_floor_blurs_it_without_darkening_its_colours(self):
        alpha = np.zeros((200, 300), np.uint8)
        alpha[60:160, 120:180] = 255
        subject = Cutout.of(np.full((200, 300, 3), 240, np.uint8), alpha)
        result = render(subject, [ReflectionSpec(blur=2, opacity=1)], Scene(subject.rgb))
        visible = result.alpha > 24
        assert result.rgb[visible].min() >= 225

    def test_a_slanted_ground_is_the_mirror(self):
        alpha = np.zeros((200, 300), np.uint8)
        for x in range(60, 240):
            alpha[60 : 160 - x // 5, x] = 255
        dark = shade(ReflectionSpec(blur=0), Cutout.of(gradient(200, 300), alpha))
        begins = np.array([np.flatnonzero(dark[:, 100 + x] > 30)[0] - 100 for x in range(70, 230)])
        assert_close(begins, np.array([160 - x // 5 for x in range(70, 230)]), most=3)
