"""What the families trained on ImageNet's statistics share: Pillow's resizing and the normalisation."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.imaging.types import Rgb

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def normalise(rgb: NDArray[np.floating]) -> NDArray[np.float32]:
    """(1, 3, H, W) from RGB (H, W, 3) of 0..1."""
    return np.ascontiguousarray(((rgb - MEAN) / DEVIATION).transpose(2, 0, 1)[None], np.float32)


def resize(rgb: Rgb, width: int, height: int, filtering: Image.Resampling) -> Rgb:
    """(height, width, 3) uint8, without aliasing where it shrinks."""
    return np.asarray(Image.fromarray(rgb).resize((width, height), filtering))


def resize_matte(
    matte: NDArray[np.float32], width: int, height: int, filtering: Image.Resampling
) -> NDArray[np.float32]:
    """Resize a matte of 0..1 as upstream does, in 8 bits: truncated before, filtered without aliasing."""
    small = Image.fromarray((matte * 255).astype(np.uint8))
    return np.asarray(small.resize((width, height), filtering), np.float32) / np.float32(255)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """0..1; without overflow for any logit."""
    return np.asarray(1 / (1 + np.exp(-logits.clip(-80, 80))), np.float32)
