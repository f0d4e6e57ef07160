"""Effects that paint behind the subject, with any parameters the specification allows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spec.effects import (
    ContactShadowSpec,
    FeatherEdgesSpec,
    GlowSpec,
    PixelateBackgroundSpec,
    ReflectionSpec,
)
from tests.images import assert_close, cutout, disc, gradient
from worker.effects.render import render
from worker.imaging.types import Cutout, Scene

SCENE = Scene(gradient())
unit = st.floats(0, 1)
ground_shadows = st.builds(
    ContactShadowSpec,
    opacity=unit,
    blur=st.floats(0.1, 5),
    length=st.floats(0, 200),
    angle=st.floats(-180, 180),
    tilt=st.floats(0.05, 1),
)
reflections = st.builds(
    ReflectionSpec, opacity=unit, length=st.floats(1, 100), gap=st.floats(0, 10), blur=st.floats(0, 5)
)
glows = st.builds(GlowSpec, opacity=unit, size=st.floats(0.1, 10))
squares = st.builds(PixelateBackgroundSpec, size=st.floats(0.2, 25))


@settings(max_examples=80, deadline=None)
@given(effects=st.lists(st.one_of(ground_shadows, reflections, glows, squares), min_size=1, max_size=3))
def test_the_subject_keeps_its_own_pixels_and_its_frame_its_size(effects):
    subject = cutout(center=(25, 20))
    result = render(subject, effects, SCENE)
    x, y, width, height = result.frame
    assert (width, height) == (64, 48)
    window = np.s_[y : y + height, x : x + width]
    opaque = subject.alpha == 255
    assert_close(result.rgb[window][opaque], subject.rgb[opaque])
    assert (result.alpha[window] >= subject.alpha).all()


@settings(max_examples=60, deadline=None)
@given(spec=st.one_of(ground_shadows, reflections, glows), x=st.integers(0, 63), y=st.integers(0, 47))
def test_the_canvas_holds_the_whole_effect(spec, x, y):
    subject = cutout(radius=9.0, center=(x, y))
    room = 400
    roomy = Cutout(
        np.pad(subject.rgb, ((room, room), (room, room), (0, 0))),
        np.pad(subject.alpha, room),
        None,
        (room, room, 64, 48),
    )
    tight, wide = render(subject, [spec], SCENE), render(roomy, [spec], SCENE)
    assert wide.alpha.shape == roomy.alpha.shape
    left, top = tight.frame[0], tight.frame[1]
    height, width = tight.alpha.shape
    window = np.s_[room - top : room - top + height, room - left : room - left + width]
    assert_close(wide.alpha[window], tight.alpha, most=1)
    outside = wide.alpha.copy()
    outside[window] = 0
    assert outside.max() <= 1


@settings(max_examples=40, deadline=None)
@given(width=st.floats(0, 10), radius=st.floats(2, 30))
def test_feathering_only_takes_alpha_away_and_never_colour(width, radius):
    alpha = disc(64, 64, radius)
    result = render(Cutout.of(gradient(64, 64), alpha), [FeatherEdgesSpec(width=width)], SCENE)
    assert (result.alpha <= alpha).all()
    assert_close(result.rgb, gradient(64, 64))
