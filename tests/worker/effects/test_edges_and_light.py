"""Glow and feathered edges."""

import numpy as np
import pytest

from shared.spec.effects import FeatherEdgesSpec, GlowSpec
from tests.images import assert_close, cutout, disc, gradient
from worker.effects.render import render
from worker.imaging.types import Cutout, Scene

SCENE = Scene(gradient())


class TestGlow:
    def test_it_is_strongest_at_the_edge_and_a_third_is_left_at_its_size(self):
        subject = cutout(400, 400, 120.0)
        row = render(subject, [GlowSpec(size=5, opacity=1)], SCENE).alpha[200].astype(int)
        assert row[200 + 122] > 210
        assert 0.2 * 255 < row[200 + 120 + 20] < 0.36 * 255
        assert (np.diff(row[200 + 122 :]) <= 1).all()

    def test_it_has_its_colour_and_no_more_than_its_opacity(self):
        result = render(cutout(400, 400, 120.0), [GlowSpec(color="#0080ff", opacity=0.5)], SCENE)
        added = (result.alpha > 0) & (np.hypot(*(np.mgrid[:400, :400] - 199.5)) > 123)
        assert np.abs(result.rgb[added].astype(int) - (0, 128, 255)).max() <= 1
        assert result.alpha[added].max() <= 129


class TestFeatherEdges:
    @pytest.mark.parametrize("width", [2, 4, 8])
    def test_it_only_takes_away_and_only_near_the_edge(self, width):
        alpha = disc(200, 200, 70.0)
        result = render(Cutout.of(gradient(200, 200), alpha), [FeatherEdgesSpec(width=width)], SCENE).alpha
        assert (result <= alpha).all()
        inside = np.hypot(*(np.mgrid[:200, :200] - 99.5))
        assert result[inside < 70 - 1.5 * width / 100 * 200 - 2].min() >= 250
        assert result[inside > 70].max() < 40

    def test_a_wider_one_takes_more(self):
        left = [
            render(cutout(200, 200, 70.0), [FeatherEdgesSpec(width=width)], SCENE).alpha.sum(dtype=int)
            for width in (0, 0.5, 2, 8)
        ]
        assert left == sorted(left, reverse=True)

    def test_where_the_photo_ends_is_no_edge(self):
        full = Cutout.of(gradient(), np.full((48, 64), 255, np.uint8))
        assert_close(render(full, [FeatherEdgesSpec(width=5)], SCENE).alpha, full.alpha)

    def test_a_veil_keeps_its_translucency(self):
        alpha = np.zeros((200, 200), np.uint8)
        alpha[50:150, 50:150] = 100
        result = render(Cutout.of(gradient(200, 200), alpha), [FeatherEdgesSpec(width=2)], SCENE).alpha
        assert result[100, 100] == 100
        assert result[100, 50] < 25
