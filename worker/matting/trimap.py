"""Trimaps: what is surely subject, surely background, and left to matting; and the planes FBA matting reads.

A trimap is uint8 (H, W): 0 background, 255 subject, 127 unknown. The generators follow carvekit
(OPHoperHPO/image-background-remove-tool f141a311 `carvekit/trimap/`, Apache-2.0), the planes MarcoForte/FBA_Matting
8dd100d7 `networks/transforms.py` (MIT), both bit for bit. Radii are in pixels: scale them with the picture.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Trimap = NDArray[np.uint8]
"""(H, W) of 0, 127 and 255."""

BACKGROUND, UNKNOWN, SUBJECT = 0, 127, 255
_REACHES_PX = tuple(share * 320 for share in (0.02, 0.08, 0.16))
"""Deviations of the three distance planes (FBA matting, section 3.1: 320 is its training crop)."""


def generate(
    matte: NDArray[np.uint8], *, certain_above: int = 231, dilation_px: int = 30, erosion_px: int = 5
) -> Trimap:
    """Draw a band of doubt around what a matte holds for certain, and over all it is not certain of.

    The band reaches `dilation_px` out from the pixels above `certain_above` and `erosion_px` into them.
    """
    certain = (matte > certain_above).astype(np.uint8)
    trimap = np.where(_dilated(certain, dilation_px) > 0, UNKNOWN, BACKGROUND)
    trimap = np.where(certain > 0, SUBJECT, trimap)
    trimap = np.where((matte > 0) & (matte <= certain_above), UNKNOWN, trimap)
    subject = (trimap == SUBJECT).astype(np.uint8)
    return np.where((subject > 0) & (_eroded(subject, erosion_px) == 0), UNKNOWN, trimap).astype(np.uint8)


def generate_plain(
    matte: NDArray[np.uint8], *, dilation_px: int = 30, erosion_px: int = 1
) -> NDArray[np.uint8]:
    """Draw carvekit's older trimap; its band holds any level of 127..199, as dilation carries soft levels out.

    Kept for comparison only: soft edges reach into the band, and levels under 127 fall out of it.
    """
    kept = np.where(_eroded(matte, erosion_px) == 0, 0, matte).astype(np.uint8)
    dilated = _dilated(kept, dilation_px)
    band = np.where(dilated == 255, UNKNOWN, dilated)
    band = np.where((band < 127) | (band > 200), BACKGROUND, band)
    return np.where((kept > 127) | (band == 200), SUBJECT, band).astype(np.uint8)


def two_channels(trimap: Trimap) -> NDArray[np.float32]:
    """(2, H, W): 1 where the trimap is background, 1 where it is subject."""
    return np.stack((trimap == BACKGROUND, trimap == SUBJECT)).astype(np.float32)


def distance_planes(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(6, H, W): three falling Gaussians of the distance to the background, then to the subject.

    A channel without a mark gives zeros. Resize a trimap before, not its channels: of channels that Lanczos
    has resized upstream takes as marked only what lies between 1 - 1/255 and 1 + 1/255, and so does this.
    """
    planes = np.zeros((6, *channels.shape[1:]), np.float32)
    for number, channel in enumerate(channels):
        if not np.any(channel):
            continue
        squared = _distance(channel) ** 2
        for offset, reach in enumerate(_REACHES_PX):
            planes[3 * number + offset] = np.exp(-squared / (2 * reach**2))
    return planes


def _distance(channel: NDArray[np.float32]) -> NDArray[Any]:
    # Truncation to 8 bits as upstream; Lanczos can leave 0..1, so the conversion goes over a wider type.
    gaps = ((1 - channel) * 255).astype(np.int32).astype(np.uint8)
    return cv2.distanceTransform(gaps, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _dilated(mask: NDArray[np.uint8], radius: int) -> NDArray[Any]:
    side = 2 * radius + 1
    return cv2.dilate(mask, np.ones((side, side), np.uint8))


def _eroded(mask: NDArray[np.uint8], times: int) -> NDArray[Any]:
    return cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=times)
