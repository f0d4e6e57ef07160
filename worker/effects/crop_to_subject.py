"""The canvas cut to the subject."""

from shared.spec.effects import CropToSubjectSpec
from worker.imaging.crop import crop
from worker.imaging.types import Cutout, Scene


def apply(cutout: Cutout, spec: CropToSubjectSpec, scene: Scene) -> Cutout:
    """Cut away what is empty; nothing happens without a subject."""
    return crop(cutout, spec.margin)
