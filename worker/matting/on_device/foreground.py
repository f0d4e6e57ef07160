"""See `worker.matting.foreground`: every soft pixel moved onto the blend of two smooth colours that it is."""

import torch

from worker.matting.foreground import HIGHEST
from worker.matting.on_device.planes import enlarged, whole


def unmixed(
    photo: torch.Tensor, alpha: torch.Tensor, subject: torch.Tensor, background: torch.Tensor
) -> torch.Tensor:
    """Subject colours, uint8 (H, W, 3), of a photo and its alpha (H, W), uint8, and smooth colours (h, w, 3).

    The smooth colours are float32 of 0..255. Only pixels with 0 < alpha < 253 change.
    """
    height, width = alpha.shape
    of_photo = photo.permute(2, 0, 1)[None].float()
    a = alpha[None, None].float() / 255
    b = 1 - a
    of_subject, of_background = (
        enlarged(colours.permute(2, 0, 1)[None], height, width) for colours in (subject, background)
    )
    missing = of_photo - a * of_subject - b * of_background
    found = whole((of_subject + a * missing / (a * a + b * b)).clamp_(0, 255)).to(torch.uint8)[0]
    is_soft = (alpha > 0) & (alpha <= HIGHEST)
    return torch.where(is_soft[..., None], found.permute(1, 2, 0), photo)
