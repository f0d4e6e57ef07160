"""TIFF for print shops: lossless, its alpha marked as straight."""

from shared.spec.output import OutputSpec
from worker.imaging.picture import Picture
from worker.imaging.writing import Tags, pillow

CONTENT_TYPE = "image/tiff"
EXTENSION = "tif"
MAX_SIDE_PX = 2**31 - 1


def write(picture: Picture, tags: Tags, spec: OutputSpec) -> memoryview:
    """All pixels as they are, 8 bits a channel; not deflated with EXIF, whose directories libtiff cannot write."""
    return pillow("TIFF", picture.whole(), tags, compression=None if tags.exif else "tiff_adobe_deflate")
