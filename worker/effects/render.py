"""Applying a job's effects in their order. Not an effect itself."""

from collections.abc import Sequence

from shared.plugins import load
from shared.spec.effects import EffectSpec
from worker.imaging.types import Cutout, Scene


def render(cutout: Cutout, effects: Sequence[EffectSpec], scene: Scene) -> Cutout:
    """Paint each effect on what the one before it left."""
    for spec in effects:
        cutout = load("worker.effects", spec.type).apply(cutout, spec, scene)
    return cutout
