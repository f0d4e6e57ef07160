"""The mask options, in their order."""

from shared.spec.mask import MaskSpec
from worker.imaging.types import Alpha
from worker.matting.edges import feather, grow
from worker.matting.levels import adjust_levels
from worker.matting.regions import clean_up, fill_holes, keep_largest
from worker.matting.strokes import draw, inside

Roi = tuple[int, int, int, int] | None
"""x1, y1, x2, y2 in px; what lies outside is background."""


def apply_mask(alpha: Alpha, spec: MaskSpec, roi: Roi = None) -> Alpha:
    """The matte (H, W) with the options applied; an empty spec gives the very same array back.

    They come after refinement: a threshold asked for is not softened again. The region counts before the largest
    subject is looked for, and again after all that moves or inverts; strokes are last.
    """
    alpha = clean_up(adjust_levels(inside(alpha, roi), spec), spec.cleanup_kernel_size)
    if spec.fill_holes:
        alpha = fill_holes(alpha)
    if spec.keep_largest:
        alpha = keep_largest(alpha)
    alpha = feather(grow(alpha, spec.grow), spec.feather)
    if spec.invert:
        alpha = 255 - alpha
    return draw(inside(alpha, roi), spec.strokes)
