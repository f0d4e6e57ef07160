"""What the network sees."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shared.spec.tweak import TweakSpec
from tests.images import assert_close, gradient
from worker.segmentation.tweaks.view import pad, tweak, unpad

AMOUNTS = ("contrast", "denoise", "lift_shadows", "sharpen", "hint")


def test_nothing_asked_for_gives_the_same_array():
    photo = gradient()

    assert tweak(photo, TweakSpec()) is photo
    assert tweak(photo, TweakSpec.model_validate({"preset": "subject_is_dark", "lift_shadows": 0})) is photo


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (48, 64), (2000, 1000)])
def test_each_tweak_gives_a_picture_of_the_same_aspect(amount, shape):
    photo = gradient(*shape)
    photo.flags.writeable = False

    seen = tweak(photo, TweakSpec.model_validate({amount: 1.0}))

    assert seen.dtype == np.uint8
    assert seen.shape[1] / seen.shape[0] == pytest.approx(
        shape[1] / shape[0], rel=0.7 if min(shape) == 1 else 0.01
    )


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_little_of_a_tweak_changes_little(amount):
    photo = gradient(96, 128)

    assert_close(
        tweak(photo, TweakSpec.model_validate({amount: 0.01})), photo, most=32, mean=3
    )  # 8-bit Lab alone costs 20


def test_shadows_are_lifted_and_highlights_left():
    photo = np.full((200, 400, 3), 20, np.uint8)
    photo[:, 200:] = 230

    seen = tweak(photo, TweakSpec(lift_shadows=1.0))

    assert seen[:, :150].mean() > 60
    assert_close(seen[:, 250:], photo[:, 250:], most=2)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.floats(0, 0.5))
def test_a_border_is_cut_off_again(height, width, share):
    photo = np.repeat(np.linspace(0, 1, width, dtype=np.float32)[None], height, 0)
    padded = pad(photo, share)

    restored = unpad(padded, share)

    assert abs(restored.shape[0] - height) <= 1
    assert abs(restored.shape[1] - width) <= 1
    assert abs(float(restored.mean()) - 0.5) < 0.1


@settings(max_examples=15, deadline=None)
@given(arrays(np.uint8, (12, 17, 3)), st.sampled_from(AMOUNTS), st.floats(0, 1))
def test_any_picture_comes_out(photo, amount, value):
    assert tweak(photo, TweakSpec.model_validate({amount: value})).shape == photo.shape
