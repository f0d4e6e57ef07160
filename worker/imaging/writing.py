"""What the formats share: the libraries that write files, and what goes into a file beside pixels."""

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from shared.errors import InternalError
from worker.imaging.picture import Picture
from worker.imaging.png import write_png
from worker.imaging.types import Pixels

_TO_RGB = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


@dataclass(frozen=True, slots=True)
class Tags:
    """What goes into a file beside its pixels."""

    icc_profile: bytes | None = None
    exif: bytes | None = None
    """As TIFF, without a format's own prefix."""


NO_TAGS = Tags()


def png(picture: Picture, tags: Tags = NO_TAGS) -> memoryview:
    """A PNG, quick rather than small."""
    return write_png(picture, tags.icc_profile, tags.exif)


def opencv(extension: str, pixels: Pixels, tags: Tags, options: list[int]) -> memoryview:
    """Encode with OpenCV, which embeds the tags as they stand since version 5."""
    found = {cv2.IMAGE_METADATA_ICCP: tags.icc_profile, cv2.IMAGE_METADATA_EXIF: tags.exif}
    given = {kind: np.frombuffer(data, np.uint8) for kind, data in found.items() if data}
    if given:
        done, data = cv2.imencodeWithMetadata(extension, pixels, list(given), list(given.values()), options)
    else:
        done, data = cv2.imencode(extension, pixels, options)
    if not done:
        raise InternalError(f"The picture could not be written as {extension}.")
    return data.data


def pillow(kind: str, pixels: Pixels, tags: Tags, **options: object) -> memoryview:
    """Encode with Pillow: what OpenCV cannot write, or not so well."""
    image = Image.fromarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, _TO_RGB[pixels.shape[2]]))
    given = {"icc_profile": tags.icc_profile, "exif": tags.exif}
    stream = io.BytesIO()
    image.save(stream, kind, **{name: data for name, data in given.items() if data}, **options)
    return stream.getbuffer()
