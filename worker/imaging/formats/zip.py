"""Colour and alpha apart, for programs that put them together themselves."""

import io
import zipfile

import cv2

from shared.spec.output import OutputSpec
from worker.imaging.formats.png import write as write_png
from worker.imaging.picture import Picture
from worker.imaging.writing import NO_TAGS, Tags

CONTENT_TYPE = "application/zip"
EXTENSION = "zip"
MAX_SIDE_PX = 2**31 - 1

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""A fixed time: the same picture, the same bytes."""


def write(picture: Picture, tags: Tags, spec: OutputSpec) -> memoryview:
    """`color.png`, the subject's own colours, never multiplied by alpha, and `alpha.png`, grey."""
    stream = io.BytesIO()
    height, width, _ = picture.shape
    color = Picture((height, width, 3), lambda rows: cv2.cvtColor(picture.band(rows), cv2.COLOR_BGRA2BGR))
    alpha = Picture((height, width), lambda rows: cv2.extractChannel(picture.band(rows), 3))
    members = {"color.png": write_png(color, tags, spec), "alpha.png": write_png(alpha, NO_TAGS, spec)}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # they are deflated already
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return stream.getbuffer()
