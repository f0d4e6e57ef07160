"""InSPyReNet on Swin-B: a coarse map at 1/8, made finer by adding one Laplacian a level, as in an image pyramid.

Kim et al., Revisiting Image Pyramid Structure for High Resolution Salient Object Detection (arXiv:2209.09475).
Keys and arithmetic of plemeri/InSPyReNet@692ad8a `lib/` (MIT), equal to plemeri/transparent-background@63e3443
`transparent_background/InSPyReNet.py` (MIT). Its views of memory that line up with nothing are kept: the weights
were trained with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from worker.segmentation.arch.swin import SwinTransformer

DEPTH = 64


class Scales(NamedTuple):
    """The maps of one pass: saliency d3 (1/8) to d0 (full size), and the Laplacians between, p2 to p0; logits."""

    d3: Tensor
    d2: Tensor
    d1: Tensor
    d0: Tensor
    p2: Tensor
    p1: Tensor
    p0: Tensor


class Blend(NamedTuple):
    """The maps of a pyramid made from two passes, and where the large pass was let in: masks at 1/4, 1/2, 1."""

    d3: Tensor
    d2: Tensor
    d1: Tensor
    d0: Tensor
    masks: tuple[Tensor, Tensor, Tensor]


def _resize(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, tuple(size), mode="bilinear", align_corners=False)


def _resize_aligned(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)


class Conv(nn.Module):
    """Convolution of the same size without bias, then BatchNorm and ReLU where asked for."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int | tuple[int, int],
        *,
        dilation: int = 1,
        bn: bool = True,
        relu: bool = False,
    ) -> None:
        super().__init__()
        kernel_h, kernel_w = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (dilation * (kernel_h // 2), dilation * (kernel_w // 2))
        self.conv = nn.Conv2d(
            channels_in, channels_out, (kernel_h, kernel_w), padding=padding, dilation=dilation, bias=False
        )
        self.bn = nn.BatchNorm2d(channels_out) if bn else nn.Identity()
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class SelfAttention(nn.Module):
    """Attention among pieces of length H or W of each map's memory: for H ≠ W these are not image columns."""

    def __init__(self, channels: int, mode: str) -> None:
        super().__init__()
        self.axis = {"h": 2, "w": 3}[mode]
        self.gamma = nn.Parameter(torch.zeros(1))
        self.query_conv = Conv(channels, channels // 8, 1)
        self.key_conv = Conv(channels, channels // 8, 1)
        self.value_conv = Conv(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[self.axis]

        def pieces(y: Tensor) -> Tensor:  # (B, C, H, W) read as (B, C·H·W / n, n)
            return y.reshape(y.shape[0], -1, length)

        query, key, value = pieces(self.query_conv(x)), pieces(self.key_conv(x)), pieces(self.value_conv(x))
        attention = (query.transpose(1, 2) @ key).softmax(-1)  # (B, n, n), not scaled
        out = value @ attention.transpose(1, 2)
        return self.gamma * out.reshape(x.shape) + x


class PAA_kernel(nn.Module):
    """A branch of the encoder: a separable convolution of reach r, both attentions, a dilated convolution."""

    def __init__(self, channels_in: int, channels: int, reach: int) -> None:
        super().__init__()
        self.conv0 = Conv(channels_in, channels, 1)
        self.conv1 = Conv(channels, channels, (1, reach))
        self.conv2 = Conv(channels, channels, (reach, 1))
        self.conv3 = Conv(channels, channels, 3, dilation=reach)
        self.Hattn = SelfAttention(channels, "h")
        self.Wattn = SelfAttention(channels, "w")

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2(self.conv1(self.conv0(x)))
        return self.conv3(self.Hattn(x) + self.Wattn(x))


class PAA_e(nn.Module):
    """Parallel axial attention encoder: a backbone map to 64 channels, same size."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.branch0 = Conv(channels_in, channels, 1)
        self.branch1 = PAA_kernel(channels_in, channels, 3)
        self.branch2 = PAA_kernel(channels_in, channels, 5)
        self.branch3 = PAA_kernel(channels_in, channels, 7)
        self.conv_cat = Conv(4 * channels, channels, 3)
        self.conv_res = Conv(channels_in, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x))
        return F.relu(self.conv_cat(torch.cat(branches, 1)) + self.conv_res(x))


class PAA_d(nn.Module):
    """Parallel axial attention decoder: the three coarse maps to features and the first saliency, both at 1/8."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(3 * channels, channels, 3)
        self.conv2 = Conv(channels, channels, 3)
        self.conv3 = Conv(channels, channels, 3)
        self.conv4 = Conv(channels, channels, 3)
        self.conv5 = Conv(channels, 1, 3, bn=False)
        self.Hattn = SelfAttention(channels, "h")
        self.Wattn = SelfAttention(channels, "w")

    def forward(self, x3: Tensor, x4: Tensor, x5: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat((_resize_aligned(x5, x3), _resize_aligned(x4, x3), x3), 1)
        x = self.conv1(x)
        x = self.conv2(self.Hattn(x) + self.Wattn(x))
        features = self.conv4(self.conv3(x))
        return features, self.conv5(features)


class SICA(nn.Module):
    """Scale-invariant context attention: every pixel asks the sure, the unsure and the edge regions of the map.

    The regions are summed at a fixed `size`, whatever the input's, so that training and inference agree.
    """

    def __init__(self, channels_in: int, size: tuple[int, int], *, has_laplacian: bool) -> None:
        super().__init__()
        self.size = size
        self.threshold = nn.Parameter(torch.full((1,), 0.5))
        if has_laplacian:
            self.lthreshold = nn.Parameter(torch.full((1,), 0.5))
        self.conv_query = self._pair(channels_in, 3)
        self.conv_key = self._pair(channels_in, 1)
        self.conv_value = self._pair(channels_in, 1)
        self.conv_out1 = Conv(DEPTH, DEPTH, 3, relu=True)
        self.conv_out2 = Conv(channels_in + DEPTH, DEPTH, 3, relu=True)
        self.conv_out3 = Conv(DEPTH, DEPTH, 3, relu=True)
        self.conv_out4 = Conv(DEPTH, 1, 1)

    @staticmethod
    def _pair(channels_in: int, kernel: int) -> nn.Sequential:
        return nn.Sequential(
            Conv(channels_in, DEPTH, kernel, relu=True), Conv(DEPTH, DEPTH, kernel, relu=True)
        )

    def forward(self, x: Tensor, saliency: Tensor, laplacian: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return features (B, 64, h, w) and the Laplacian (B, 1, h, w) to add, at `x`'s size."""
        batch, _, height, width = x.shape
        context = self._context(x, self._regions(x, saliency, laplacian))  # (B, C, regions, 1)
        query = self.conv_query(x).flatten(2).transpose(1, 2)  # (B, h·w, 64)
        key = self.conv_key(context).flatten(2)  # (B, 64, regions)
        value = self.conv_value(context).flatten(2).transpose(1, 2)  # (B, regions, 64)
        answer = (DEPTH**-0.5 * (query @ key)).softmax(-1) @ value  # (B, h·w, 64)
        answer = answer.transpose(1, 2).reshape(batch, DEPTH, height, width)
        features = torch.cat((x, self.conv_out1(answer)), 1)
        features = self.conv_out3(self.conv_out2(features))
        return features, self.conv_out4(features)

    def _regions(self, x: Tensor, saliency: Tensor, laplacian: Tensor | None) -> Tensor:
        """Return what weighs foreground, background and the unsure; from `laplacian`, both sides of the edges."""
        sure = torch.sigmoid(_resize(saliency, x.shape[2:])) - self.threshold
        regions = [sure.clamp(0, 1), (-sure).clamp(0, 1), self.threshold - sure.abs()]
        if laplacian is not None:
            edge = torch.sigmoid(_resize(laplacian, x.shape[2:])) - self.lthreshold
            regions += [edge.clamp(0, 1), (-edge).clamp(0, 1)]
        return torch.cat(regions, 1)  # (B, 3 or 5, h, w)

    def _context(self, x: Tensor, regions: Tensor) -> Tensor:
        """Sum `x` over each region at the fixed size; its memory is read in rows of C, as upstream reads it."""
        batch, channels = x.shape[:2]
        rows = _resize(x, self.size).reshape(batch, -1, channels)  # (B, C, N) read as (B, N, C)
        weights = _resize(regions, self.size).flatten(2)  # (B, regions, N)
        return (weights @ rows).transpose(1, 2)[..., None]  # (B, C, regions, 1)


class ImagePyramid(nn.Module):
    """Burt and Adelson's pyramid, upwards: Gaussian of 7 × 7 taps, sigma 1."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        # On the CPU even below `torch.device("meta")`: no checkpoint would fill it later.
        taps = torch.exp(-(torch.arange(-3, 4, device="cpu", dtype=torch.float64) ** 2) / 2)
        taps = taps / taps.sum()
        self.register_buffer("kernel", torch.outer(taps, taps).float()[None, None], persistent=False)

    def reconstruct(self, x: Tensor, laplacian: Tensor) -> Tensor:
        """Return `x` at twice its size, with `laplacian` added."""
        x = self._expand(x)
        return x + _resize_aligned(laplacian, x)

    def _expand(self, x: Tensor) -> Tensor:
        nothing = torch.zeros_like(x)
        x = F.pixel_shuffle(
            torch.cat((x, nothing, nothing, nothing), 1), 2
        )  # values at even rows and columns
        return F.conv2d(F.pad(x, (3, 3, 3, 3), mode="reflect"), 4 * self.kernel)


def _ellipse_rows(size: int) -> list[int]:
    """Return the length of each row of an elliptic structuring element, as OpenCV's MORPH_ELLIPSE draws it."""
    radius = size // 2
    return [2 * round((radius**2 - dy**2) ** 0.5) + 1 for dy in range(-radius, radius + 1)]


def _dilate(x: Tensor, size: int) -> Tensor:
    """Dilate (B, C, H, W) by the ellipse; what lies outside the image does not count."""
    radius = size // 2
    height = x.shape[2]
    highest = None
    for row, length in enumerate(_ellipse_rows(size)):
        wide = F.max_pool2d(x, (1, length), stride=1, padding=(0, length // 2))
        shifted = F.pad(wide, (0, 0, radius, radius), value=-torch.inf)[:, :, row : row + height]
        highest = shifted if highest is None else torch.maximum(highest, shifted)
    return highest


def transition(saliency: Tensor, size: int) -> Tensor:
    """Return 1.0 where the map, as probability, goes from low to high within an ellipse of `size`, else 0.0."""
    probability = saliency.sigmoid()
    gradient = _dilate(probability, size) + _dilate(-probability, size)  # dilation - erosion
    return (gradient > 0.5).to(saliency.dtype)


class InSPyReNet(nn.Module):
    """(B, 3, H, W), ImageNet mean and deviation, H and W multiples of 32, to logits d0 (B, 1, H, W).

    The regions' sums grow with the base size, to 10⁵ and more: float32 or bfloat16, never float16.
    """

    def __init__(self, backbone: SwinTransformer, dim: int, base_size: Sequence[int]) -> None:
        super().__init__()
        height, width = base_size
        self.backbone = backbone
        for k, channels in enumerate((dim, dim, 2 * dim, 4 * dim, 8 * dim), start=1):
            self.add_module(f"context{k}", PAA_e(channels, DEPTH))
        self.decoder = PAA_d(DEPTH)
        self.attention0 = SICA(DEPTH, (height, width), has_laplacian=True)
        self.attention1 = SICA(2 * DEPTH, (height // 2, width // 2), has_laplacian=True)
        self.attention2 = SICA(2 * DEPTH, (height // 4, width // 4), has_laplacian=False)
        self.image_pyramid = ImagePyramid()

    def forward(self, image: Tensor) -> Tensor:
        return self.scales(image).d0

    def scales(self, image: Tensor) -> Scales:
        """Run one pass and return the maps of every level."""
        height, width = image.shape[2:]
        quarter, half = (height // 4, width // 4), (height // 2, width // 2)
        x1, x2, x3, x4, x5 = self.backbone(image)
        context1, context2 = self.context1(x1), self.context2(x2)  # both 1/4

        f3, d3 = self.decoder(self.context3(x3), self.context4(x4), self.context5(x5))  # 1/8
        f2, p2 = self.attention2(torch.cat((context2, _resize(f3, quarter)), 1), d3, None)
        d2 = self.image_pyramid.reconstruct(d3, p2)

        f2 = torch.cat((_resize(context1, half), _resize(f2, half)), 1)
        f1, p1 = self.attention1(f2, d2, p2)
        d1 = self.image_pyramid.reconstruct(d2, p1)

        _, p0 = self.attention0(_resize(f1, (height, width)), d1, p1)
        d0 = self.image_pyramid.reconstruct(d1, p0)
        return Scales(d3, d2, d1, d0, p2, p1, p0)

    def blend(self, small_d0: Tensor, large: Scales) -> Blend:
        """Blend two passes: the small one says where the object is, the large one how its edges run.

        `large` adds its Laplacians only where the map so far changes between background and object.
        """
        d3 = _resize(small_d0, large.d3.shape[2:])
        d, maps, masks = d3, [], []
        for laplacian, size in ((large.p2, 5), (large.p1, 9), (large.p0, 17)):
            mask = _resize(transition(d, size), laplacian.shape[2:])
            d = self.image_pyramid.reconstruct(d, mask * laplacian)
            maps.append(d)
            masks.append(mask)
        return Blend(d3, *maps, tuple(masks))

    def forward_pyramid(self, image: Tensor, small: Tensor, threshold: int | None = 512) -> Tensor:
        """Return d0 from `image` and a `small` copy of the same picture; (B, 1) at the size it was made at.

        A side of `threshold` or less leaves one pass, on `small`; no threshold, one on `image`. The weights of base
        size 384 come with 512, those of 1024 with none.
        """
        if threshold is None:
            return self(image)
        if min(image.shape[2:]) <= threshold:
            return self(small)
        return self.blend(self(small), self.scales(image)).d0


def inspyrenet_swinb(base_size: Sequence[int] = (384, 384)) -> InSPyReNet:
    """Build InSPyReNet on Swin-B: 91 M parameters; `base_size` (height, width) is the checkpoint's, 384 or 1024."""
    backbone = SwinTransformer(128, (2, 2, 18, 2), (4, 8, 16, 32), window=12)
    return InSPyReNet(backbone, 128, base_size)
