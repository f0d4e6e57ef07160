"""Something behind the subject: a colour, a gradient, a picture, or the photo itself, out of focus or pale."""

import numpy as np

from shared.errors import InternalError
from shared.spec.effects import BackgroundSpec
from worker.imaging.backdrop import defocused, desaturated
from worker.imaging.colour import color_in, from_srgb
from worker.imaging.composite import plain, under
from worker.imaging.gradient import paint
from worker.imaging.resize import cover
from worker.imaging.types import Cutout, Rgb, Scene


def apply(cutout: Cutout, spec: BackgroundSpec, scene: Scene) -> Cutout:
    """Fill the canvas behind the subject; it is opaque afterwards, unless a colour given is not."""
    height, width = cutout.alpha.shape
    if spec.color is not None:
        red, green, blue, alpha = color_in(spec.color, cutout.icc_profile)
        return under(cutout, plain((red, green, blue), height, width), alpha)
    if spec.gradient is not None:
        start = color_in(spec.gradient.start, cutout.icc_profile)
        end = color_in(spec.gradient.end, cutout.icc_profile)
        rgba = paint(spec.gradient.kind, start, end, spec.gradient.angle, (width, height))
        return under(cutout, rgba[..., :3], np.ascontiguousarray(rgba[..., 3]))
    if spec.image is not None:
        return under(cutout, _picture(spec.image.name, cutout, scene))
    if spec.desaturate is not None:
        return under(cutout, desaturated(cutout, scene.photo, spec.desaturate))
    return under(cutout, defocused(cutout, scene.photo, (spec.blur or 0.0) * cutout.longer_side / 100))


def _picture(name: str, cutout: Cutout, scene: Scene) -> Rgb:
    """The picture behind, covering the canvas, in the photo's colour space."""
    if name not in scene.pictures:
        raise InternalError("The background picture was not fetched.")
    height, width = cutout.alpha.shape
    return from_srgb(cover(scene.pictures[name], width, height), cutout.icc_profile)
