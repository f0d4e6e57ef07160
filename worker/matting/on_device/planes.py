"""Pictures on a device, float32 (1, C, H, W) of levels 0..255, and what OpenCV does with those of a CPU."""

import torch
from torch.nn.functional import avg_pool2d, conv2d, interpolate

Planes = torch.Tensor


def whole(levels: Planes) -> Planes:
    """Rounded to levels, half upward, as OpenCV does to bytes."""
    return (levels + 0.5).floor_()


def enlarged(planes: Planes, height: int, width: int) -> Planes:
    """Bilinearly, pixel centre on pixel centre."""
    return interpolate(planes, (height, width), mode="bilinear", align_corners=False)


def shrunk(picture: Planes, height: int, width: int) -> Planes:
    """See `worker.imaging.resize.shrunk`: by twos, and bilinearly once less than two are left."""
    while picture.shape[2] >= 2 * height or picture.shape[3] >= 2 * width:
        down, across = 1 + (picture.shape[2] >= 2 * height), 1 + (picture.shape[3] >= 2 * width)
        picture = whole(avg_pool2d(picture, (down, across)))  # what is left of an odd number goes
    return whole(enlarged(picture, height, width))


def halved(picture: Planes) -> Planes:
    """Each pixel the mean of two by two; the last row or column of an odd number counts twice."""
    for axis in (2, 3):
        if picture.shape[axis] % 2:
            picture = torch.cat([picture, picture.narrow(axis, picture.shape[axis] - 1, 1)], axis)
    return whole(avg_pool2d(picture, 2))


def window_means(planes: Planes, radius: int) -> Planes:
    """The mean of all within `radius`, the picture mirrored at its edges."""
    side = 2 * radius + 1
    return avg_pool2d(avg_pool2d(_mirrored(planes, radius), (side, 1), stride=1), (1, side), stride=1)


def blurred(picture: Planes, side: int, sigmas_px: tuple[float, float]) -> Planes:
    """Gaussian of a width and of a deviation down and across, the picture mirrored at its edges."""
    down, across = (_bell(side, sigma_px, picture.device) for sigma_px in sigmas_px)
    channels = picture.shape[1]
    picture = _mirrored(picture, side // 2)
    for kernel in (down.reshape(1, 1, -1, 1), across.reshape(1, 1, 1, -1)):
        picture = conv2d(picture, kernel.repeat(channels, 1, 1, 1), groups=channels)
    return whole(picture)


def median_of_nine(picture: Planes) -> Planes:
    """The median of three by three, edges repeated.

    Of three sorted triples it is the middle one of the largest low, the middle mid and the smallest high.
    """
    up, down = picture[:, :, :1], picture[:, :, -1:]
    low, mid, high = _sorted(*_shifted(torch.cat([up, picture, down], 2), 2))
    lows, mids, highs = (
        _shifted(torch.cat([plane[..., :1], plane, plane[..., -1:]], 3), 3) for plane in (low, mid, high)
    )
    largest_low = torch.maximum(torch.maximum(lows[0], lows[1]), lows[2])
    smallest_high = torch.minimum(torch.minimum(highs[0], highs[1]), highs[2])
    return _sorted(largest_low, _sorted(*mids)[1], smallest_high)[1]


def _sorted(a: Planes, b: Planes, c: Planes) -> tuple[Planes, Planes, Planes]:
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    return torch.minimum(low, c), torch.maximum(low, torch.minimum(high, c)), torch.maximum(high, c)


def _shifted(planes: Planes, axis: int) -> tuple[Planes, Planes, Planes]:
    """Each pixel's neighbour before it, itself, and the one behind, of planes that are two wider."""
    length = planes.shape[axis] - 2
    before, own, behind = (planes.narrow(axis, start, length) for start in range(3))
    return before, own, behind


def _mirrored(planes: Planes, margin: int) -> Planes:
    """So many px more on every side, the outermost pixel not repeated; torch's own pads no picture of one pixel."""
    for axis in (2, 3):
        planes = planes.index_select(axis, _places(planes.shape[axis], margin, planes.device))
    return planes


def _places(length: int, margin: int, device: torch.device) -> torch.Tensor:
    period = max(1, 2 * (length - 1))
    places = torch.arange(-margin, length + margin, device=device) % period
    return torch.minimum(places, period - places)


def _bell(side: int, sigma_px: float, device: torch.device) -> torch.Tensor:
    steps = torch.arange(side, device=device, dtype=torch.float32) - side // 2
    weights = torch.exp(-steps * steps / (2 * sigma_px * sigma_px))
    return weights / weights.sum()
