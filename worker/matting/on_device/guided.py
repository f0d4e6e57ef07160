"""See `worker.matting.guided`: a small matte enlarged so that its edges follow the full-resolution photo."""

import torch

from shared.spec.refine import RefineSpec
from worker.matting.guide import SIDE_PX, sigmas_px
from worker.matting.guided import STEP, SURE, TWO_STEPS_FROM
from worker.matting.on_device.lines import lines_of
from worker.matting.on_device.planes import Planes, blurred, enlarged, median_of_nine, shrunk, whole


def guided_upsampling(photo: torch.Tensor, matte: torch.Tensor, spec: RefineSpec) -> torch.Tensor:
    """The matte (h, w) at the size of the photo (H, W, 3); all uint8, on one device.

    Some fifty bytes a pixel of the photo are taken meanwhile.
    """
    colours, levels = photo.permute(2, 0, 1)[None].float(), matte[None, None].float()
    height, width = matte.shape
    if photo.shape[0] * photo.shape[1] < TWO_STEPS_FROM**2 * matte.numel():
        alpha = _upsampled(colours, levels, _softened(shrunk(colours, height, width), colours), spec)
    else:
        alpha = _in_two_steps(colours, levels, spec)
    return alpha[0, 0].to(torch.uint8)


def _in_two_steps(photo: Planes, matte: Planes, spec: RefineSpec) -> Planes:
    height, width = matte.shape[2:]
    between = shrunk(photo, STEP * height, STEP * width)
    doubled = _upsampled(between, matte, _softened(shrunk(between, height, width), between), spec)
    alpha = median_of_nine(_upsampled(photo, doubled, _softened(between, photo), spec))
    plain = whole(enlarged(matte, *photo.shape[2:]))
    return torch.where((plain > 0) & (plain < 255), alpha, plain)


def _upsampled(photo: Planes, matte: Planes, guide: Planes, spec: RefineSpec) -> Planes:
    """One step; `guide` is the photo at the matte's size, as soft as it."""
    alpha = whole(enlarged(matte, *photo.shape[2:]))
    lines = enlarged(lines_of(guide, matte, spec), *photo.shape[2:])
    followed = whole(((lines[:, :3] * photo).sum(1, keepdim=True) + lines[:, 3:]).clamp_(0, 255))
    return torch.where((alpha > SURE) & (alpha < 255 - SURE), followed, alpha)


def _softened(small: Planes, photo: Planes) -> Planes:
    """See `worker.matting.guide`."""
    return blurred(small, SIDE_PX, sigmas_px(small.shape[2:], photo.shape[2:]))
