"""Where a matte is not sure of itself over some width: hair, not an edge."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def width_of_band(matte: NDArray[Any], look_px: int, narrow: float, wide: float) -> NDArray[Any]:
    """0 where the uncertain band is narrow .. 1 where it is wide, for a matte (h, w) of 0..1.

    By the mean of 4 alpha (1 - alpha) over all within `look_px`: `narrow` and below is 0, `wide` and above 1.
    """
    side = 2 * look_px + 1
    doubt = cv2.blur(4 * matte * (1 - matte), (side, side))
    return np.asarray(np.clip((doubt - narrow) / (wide - narrow), 0, 1))
