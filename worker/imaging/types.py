"""The arrays that every pixel room takes and gives.

Between decode and encode: `rgb` uint8 (H, W, 3) in the photo's own colour space, `alpha` uint8 (H, W).
"""

from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

# OpenCV's own annotations name no element type, so these cannot either; the words below do.
Rgb = NDArray[Any]
"""uint8 (H, W, 3), straight (never multiplied by alpha). Never write to one: it may be shared."""
Alpha = NDArray[Any]
"""uint8 (H, W), 0 transparent .. 255 opaque."""
Pixels = NDArray[Any]
"""What becomes a file: grey (H, W), BGR (H, W, 3) or BGRA (H, W, 4), OpenCV's order; uint8, for PNG also uint16."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded picture, upright."""

    rgb: Rgb
    alpha: Alpha | None = None
    """What the file itself held; None when it was opaque."""
    icc_profile: bytes | None = None
    flags: tuple[str, ...] = ()
    """Facts about the decode that belong into the job's quality flags, as `first_frame_only`."""

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A subject with its alpha on a canvas."""

    rgb: Rgb
    alpha: Alpha
    icc_profile: bytes | None = None
    frame: tuple[int, int, int, int] = field(default=(0, 0, 0, 0))
    """Where the photo's own frame lies on the canvas: x, y, width, height in px.

    Effects may grow the canvas, and a crop may cut it: x and y can be negative then.
    """

    @classmethod
    def of(cls, rgb: Rgb, alpha: Alpha, icc_profile: bytes | None = None) -> "Cutout":
        """A cut-out whose canvas is the photo's frame."""
        height, width = alpha.shape
        return cls(rgb, alpha, icc_profile, (0, 0, width, height))

    @property
    def longer_side(self) -> int:
        """Of the photo's frame, in px: what the effects' percentages are of."""
        return max(self.frame[2:])

    def with_pixels(self, rgb: Rgb, alpha: Alpha) -> "Cutout":
        """The same canvas with other pixels."""
        return replace(self, rgb=rgb, alpha=alpha)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What an effect may look at beside the cut-out."""

    photo: Rgb
    """The original photo at its own size (the cut-out's frame may be larger, after upscaling)."""
    pictures: dict[str, Rgb] = field(default_factory=dict)
    """Pictures the job named, in sRGB, by the name of their source; fetched beforehand."""
