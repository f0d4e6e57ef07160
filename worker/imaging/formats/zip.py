"""Colour and alpha apart, for programs that put them together themselves."""

import io
import zipfile

import cv2

from shared.spec.output import OutputSpec
from worker.imaging.formats.png import write as write_png
from worker.imaging.types import Pixels
from worker.imaging.writing import NO_TAGS, Tags

CONTENT_TYPE = "application/zip"
EXTENSION = "zip"
MAX_SIDE_PX = 2**31 - 1

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""A fixed time: the same picture, the same bytes."""


def write(pixels: Pixels, tags: Tags, spec: OutputSpec) -> memoryview:
    """`color.png`, the subject's own colours, never multiplied by alpha, and `alpha.png`, grey."""
    stream = io.BytesIO()
    members = {
        "color.png": write_png(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), tags, spec),
        "alpha.png": write_png(cv2.extractChannel(pixels, 3), NO_TAGS, spec),
    }
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # they are deflated already
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return stream.getbuffer()
