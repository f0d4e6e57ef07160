"""WebP, lossy with exact alpha, or lossless."""

from shared.spec.output import OutputSpec
from worker.imaging.picture import Picture
from worker.imaging.writing import Tags, pillow

CONTENT_TYPE = "image/webp"
EXTENSION = "webp"
MAX_SIDE_PX = 16_383  # 14 bits in the bitstream

_EFFORT = 2
"""libwebp's method; 2 MP: 0 takes 67 ms and 0.34 MB, 2 155 ms and 0.20 MB, 4 237 ms and 0.20 MB."""


def write(picture: Picture, tags: Tags, spec: OutputSpec) -> memoryview:
    """Lossless at quality 100."""
    if spec.quality == 100:
        # There, quality and method are effort: 0 packs 2 MP in 36 ms, 40 % smaller than PNG.
        return pillow("WEBP", picture.whole(), tags, lossless=True, quality=0, method=0)
    return pillow("WEBP", picture.whole(), tags, quality=spec.quality, method=_EFFORT)
