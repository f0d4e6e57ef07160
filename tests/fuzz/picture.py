"""Any bytes as a picture, through all that a job does with them before its network sees them."""

import io
import warnings

import numpy as np

from shared.errors import AppError
from shared.picture import PictureLimits, inspect
from worker.imaging.colour import from_srgb, to_srgb
from worker.imaging.decode import decode

LIMITS = PictureLimits(max_bytes=100_000, max_megapixels=0.25, max_side_px=1024)
"""Small: what is looked for are mistakes, and they are found sooner in small pictures."""


def check(data: bytes) -> None:
    """Raises unless the picture is refused with an error of ours, by both sides alike, or read as announced."""
    with warnings.catch_warnings():
        # Outside of the tests they are only logged; none may be the reason that a picture is refused.
        warnings.simplefilter("ignore", UserWarning)
        _check(data)


def _check(data: bytes) -> None:
    try:
        facts = inspect(io.BytesIO(data), LIMITS)
    except AppError as error:
        assert _refused(data) == error.code
        return
    try:
        photo = decode(data, LIMITS)
    except AppError:
        return  # the header was well, what follows it is not
    assert photo.rgb.dtype == np.uint8
    # The record's size is the header's: masks and regions are placed by it.
    assert photo.rgb.shape == (facts.height, facts.width, 3)
    assert photo.alpha is None or photo.alpha.shape == photo.rgb.shape[:2]
    from_srgb(to_srgb(photo.rgb, photo.icc_profile), photo.icc_profile)


def _refused(data: bytes) -> str:
    try:
        decode(data, LIMITS)
    except AppError as error:
        return error.code
    return "read"
