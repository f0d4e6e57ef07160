"""From pixels to a result file."""

from dataclasses import dataclass

import cv2

from shared.errors import TooManyMegapixels
from shared.plugins import load
from shared.spec.output import OutputSpec
from worker.imaging.composite import WHITE, flatten
from worker.imaging.picture import Picture
from worker.imaging.resize import resize
from worker.imaging.types import Alpha, Cutout
from worker.imaging.writing import Tags, png

_PREVIEW_SIDE_PX = 1024
_PREVIEW = OutputSpec(format="webp", quality=80)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A result file."""

    data: memoryview
    content_type: str
    extension: str
    """Without the dot."""
    width: int
    height: int


def encode(cutout: Cutout, spec: OutputSpec, exif: bytes | None = None) -> Encoded:
    """Write a cut-out in the format asked for; colours that are not seen do not influence a byte.

    Of all metadata only the colour profile goes along, and `exif` where it is given. Raises TooManyMegapixels where
    the format cannot hold so long a side.
    """
    form = load("worker.imaging.formats", spec.format)
    if max(cutout.alpha.shape) > form.MAX_SIDE_PX:
        raise TooManyMegapixels(f"A {spec.format} holds at most {form.MAX_SIDE_PX} px a side; ask for png.")
    icc_profile = cutout.icc_profile if spec.channels == "rgba" else None
    data = form.write(_picture(cutout, spec), Tags(icc_profile, exif), spec)
    return _encoded(data, cutout.alpha, form.CONTENT_TYPE, form.EXTENSION)


def encode_preview(cutout: Cutout) -> Encoded:
    """A small WebP of the whole picture."""
    height, width = cutout.alpha.shape
    scale = min(1.0, _PREVIEW_SIDE_PX / max(width, height))
    return encode(resize(cutout, max(1, round(width * scale)), max(1, round(height * scale))), _PREVIEW)


def encode_matte(alpha: Alpha) -> Encoded:
    """Write a matte as an 8-bit grey PNG."""
    return _encoded(png(Picture.of(alpha)), alpha, "image/png", "png")


def fills_with_white(cutout: Cutout, spec: OutputSpec) -> bool:
    """Whether the file shows white where nothing is, as its format holds no transparency."""
    return spec.format == "jpeg" and spec.channels == "rgba" and int(cutout.alpha.min()) < 255


def _picture(cutout: Cutout, spec: OutputSpec) -> Picture:
    if spec.channels == "alpha":
        return Picture.of(cutout.alpha)
    if spec.format == "jpeg":
        return Picture.of(cv2.cvtColor(flatten(cutout, WHITE), cv2.COLOR_RGB2BGR))
    return Picture.of_cutout(cutout)


def _encoded(data: memoryview, alpha: Alpha, content_type: str, extension: str) -> Encoded:
    height, width = alpha.shape
    return Encoded(data, content_type, extension, width, height)
