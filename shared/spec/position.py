"""Where something stands on a canvas."""

from typing import Literal

Position = Literal[
    "center", "top", "bottom", "left", "right", "top_left", "top_right", "bottom_left", "bottom_right"
]
