"""The photo's own background in squares."""

from shared.spec.effects import PixelateBackgroundSpec
from worker.imaging.backdrop import pixelated
from worker.imaging.composite import under
from worker.imaging.types import Cutout, Scene


def apply(cutout: Cutout, spec: PixelateBackgroundSpec, scene: Scene) -> Cutout:
    """Fill the canvas behind the subject; it is opaque afterwards."""
    return under(cutout, pixelated(cutout, scene.photo, spec.size * cutout.longer_side / 100))
