"""What can be said of a matte without knowing the truth."""

from dataclasses import dataclass

import cv2
import numpy as np

from worker.imaging.resize import shrunk
from worker.imaging.types import Alpha

_SIDE_PX = 256
"""Facts are read off a small copy: they are about the whole, not about pixels."""
_EMPTY_COVERAGE = 0.0005
_LOW_CONFIDENCE = 0.85
_SECOND_SUBJECT = 0.15
"""A further subject counts from this share of the largest one's area."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a matte looks like."""

    coverage: float
    """Share of the photo that is subject, 0..1."""
    confidence: float
    """1 where every pixel is plainly subject or background .. 0."""
    flags: tuple[str, ...]
    """Those of `empty_matte`, `subject_touches_border`, `many_subjects`, `low_confidence` that hold."""


def assess(alpha: Alpha) -> Facts:
    """Coverage, confidence and flags of a matte (H, W)."""
    small = _small(alpha)
    coverage = float(small.mean()) / 255
    # Softness counts against the subject's size: hair round a small subject is not doubt.
    softness = float(np.minimum(small, 255 - small).sum()) / max(float(small.sum()), 1.0)
    confidence = max(0.0, 1.0 - 2 * softness)
    is_empty = coverage < _EMPTY_COVERAGE or int(alpha.max()) < 128
    flags = {
        "empty_matte": is_empty,
        "subject_touches_border": not is_empty and _touches_border(small),
        "many_subjects": not is_empty and _count_subjects(small) > 1,
        "low_confidence": not is_empty and confidence < _LOW_CONFIDENCE,
    }
    return Facts(
        coverage=round(coverage, 4),
        confidence=0.0 if is_empty else round(confidence, 4),
        flags=tuple(name for name, holds in flags.items() if holds),
    )


def _small(alpha: Alpha) -> Alpha:
    scale = _SIDE_PX / max(alpha.shape)
    if scale >= 1:
        return alpha
    height, width = (max(1, round(side * scale)) for side in alpha.shape)
    return shrunk(alpha, width, height)


def _touches_border(small: Alpha) -> bool:
    edges = (small[0], small[-1], small[:, 0], small[:, -1])
    return any(int(edge.max()) >= 128 for edge in edges)


def _count_subjects(small: Alpha) -> int:
    _, _, stats, _ = cv2.connectedComponentsWithStats((small >= 128).astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int((areas >= _SECOND_SUBJECT * areas.max()).sum()) if len(areas) else 0
