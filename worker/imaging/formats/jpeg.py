"""JPEG: small, without transparency."""

import cv2

from shared.spec.output import OutputSpec
from worker.imaging.picture import Picture
from worker.imaging.writing import Tags, opencv

CONTENT_TYPE = "image/jpeg"
EXTENSION = "jpg"
MAX_SIDE_PX = 65_500  # libjpeg's JPEG_MAX_DIMENSION


def write(picture: Picture, tags: Tags, spec: OutputSpec) -> memoryview:
    """Grey or BGR; the caller has laid the picture on a ground."""
    return opencv(".jpg", picture.whole(), tags, [cv2.IMWRITE_JPEG_QUALITY, spec.quality])
