"""Synthetic pictures, and how close two have to be."""

import io

import cv2
import numpy as np
from PIL import Image

from shared.picture import PictureLimits
from worker.imaging.types import Cutout

LIMITS = PictureLimits(max_bytes=25_000_000, max_megapixels=50, max_side_px=16_384)


def gradient(height=48, width=64):
    """(H, W, 3): red grows to the right, green downward, blue with both; no two corners are alike."""
    x = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    y = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return np.dstack([x, y, (x + y) / 2]).round().astype(np.uint8)


def disc(height=48, width=64, radius=14.0, center=None):
    """Alpha of a disc with a smooth edge; `center` is x, y."""
    cx, cy = center or ((width - 1) / 2, (height - 1) / 2)
    y, x = np.mgrid[:height, :width]
    return (np.clip(radius + 0.5 - np.hypot(x - cx, y - cy), 0, 1) * 255).round().astype(np.uint8)


def strands(height=96, width=96, count=12):
    """Alpha like hair: thin slanted lines with soft edges that rise from a block."""
    alpha = np.zeros((height, width), np.uint8)
    alpha[height * 2 // 3 :, width // 4 : width * 3 // 4] = 255
    for index in range(count):
        start = (width // 4 + index * width // (2 * count), height * 2 // 3)
        end = (index * width // count, height // 8)
        cv2.line(alpha, start, end, 255, 1, cv2.LINE_AA)
    return alpha


def cutout(height=48, width=64, radius=14.0, center=None, icc_profile=None):
    """A disc cut out of the gradient."""
    return Cutout.of(gradient(height, width), disc(height, width, radius, center), icc_profile)


def file_of(pixels, kind="PNG", **options):
    """An image file of an array or a Pillow picture."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def turned_file(pixels, kind, orientation, **options):
    """A file that asks its reader to turn it; a HEIF says so itself, its EXIF is only a note."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(pixels)
    if kind == "HEIF":
        image.info["exif"] = exif.tobytes()
        return file_of(image, kind, **options)
    return file_of(image, kind, exif=exif, **options)


def opened(encoded):
    """An encoded result as Pillow reads it, loaded."""
    image = Image.open(io.BytesIO(bytes(encoded.data)))
    image.load()
    return image


def assert_close(actual, expected, *, most=0.0, mean=None):
    """Same shape; no value further off than `most`, and on average none further than `mean`."""
    assert actual.shape == expected.shape
    difference = np.abs(np.asarray(actual, np.float32) - np.asarray(expected, np.float32))
    assert difference.max(initial=0) <= most, f"worst {difference.max()}"
    assert mean is None or difference.mean() <= mean, f"mean {difference.mean()}"
