"""See `worker.matting.window_lines` and `line_fit`: here every window of the picture at once, wanted or not."""

import torch

from shared.spec.refine import RefineSpec
from worker.matting.line_fit import MISFIT
from worker.matting.on_device.planes import Planes, enlarged, halved, window_means
from worker.matting.window_lines import LOOK_PX, NARROW_BAND, WIDE, WIDE_BAND


def lines_of(guide: Planes, matte: Planes, spec: RefineSpec) -> Planes:
    """Coefficients (1, 4, h, w), three of the colours and one constant, by a guide and a matte of levels."""
    narrow = averaged_lines(guide, matte, spec.radius, spec.epsilon)
    wide = averaged_lines(halved(guide), halved(matte), WIDE * spec.radius // 2, spec.epsilon)
    height, width = matte.shape[2:]
    wide = enlarged(wide, 2 * wide.shape[2], 2 * wide.shape[3])[:, :, :height, :width]
    return torch.lerp(narrow, wide, _share_of_wide(matte))


def averaged_lines(guide: Planes, matte: Planes, radius: int, epsilon: float) -> Planes:
    """Coefficients (1, 4, h, w), each the mean over the windows that hold the pixel, by how well they fit."""
    lines, weight = _fitted(guide, matte, radius, epsilon)
    return window_means(lines * weight, radius) / window_means(weight, radius).clamp_min(1e-9)


def _fitted(guide: Planes, matte: Planes, radius: int, epsilon: float) -> tuple[Planes, Planes]:
    """Each window's line and weight, by Cramer's rule; colours follow one another in a ring, as in `line_fit`."""
    p = window_means(matte, radius)
    mean = _ring(window_means(guide, radius))
    along = _ring(window_means(guide * matte, radius) - mean[:, :3] * p)
    square = _ring(window_means(guide * guide, radius) - mean[:, :3] ** 2 + epsilon * 255**2)
    of_two = guide[:, [1, 2, 0]] * guide[:, [2, 0, 1]]
    cross = _ring(window_means(of_two, radius) - mean[:, 1:4] * mean[:, 2:5])
    of_square = square[:, 1:4] * square[:, 2:5] - cross[:, :3] ** 2
    of_cross = _ring(cross[:, 1:4] * cross[:, 2:5] - square[:, :3] * cross[:, :3])
    determinant = square[:, :1] * of_square[:, :1] + _dot(cross[:, 1:3], of_cross[:, 1:3])
    line = of_square * along[:, :3] + of_cross[:, 2:5] * along[:, 1:4] + of_cross[:, 1:4] * along[:, 2:5]
    line = line / determinant.clamp_min(1e-6)
    misfit = (window_means(matte * matte, radius) - p * p - _dot(line, along[:, :3])).clamp_min(0)
    weight = float(MISFIT) / (misfit + float(MISFIT))
    return torch.cat([line, p - _dot(line, mean[:, :3])], 1), weight


def _share_of_wide(matte: Planes) -> Planes:
    """See `worker.matting.doubt`."""
    share = matte / 255
    doubt = window_means(4 * share * (1 - share), LOOK_PX)
    return ((doubt - NARROW_BAND) / (WIDE_BAND - NARROW_BAND)).clamp(0, 1)


def _ring(channels: Planes) -> Planes:
    """Red, green, blue, red, green."""
    return torch.cat([channels, channels[:, :2]], 1)


def _dot(one: Planes, other: Planes) -> Planes:
    return (one * other).sum(1, keepdim=True)
