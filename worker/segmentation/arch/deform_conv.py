"""Modulated deformable convolution (v2), under torchvision's operator name but without torchvision.

Zhu et al., Deformable ConvNets v2 (arXiv:1811.11168). Semantics and schema of `torchvision::deform_conv2d`
(pytorch/vision v0.27, `ops/deform_conv.py` and `csrc/ops/deform_conv2d.cpp`, BSD-3-Clause). The name is what
matters: OpenVINO converts a call of it to its own DeformableConvolution, which never sees these lines. Where
torchvision is installed its operator is used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_SCHEMA = (
    "(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h, SymInt stride_w,"
    " SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, SymInt groups, SymInt offset_groups,"
    " bool use_mask) -> Tensor"
)


def sample_and_convolve(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    mask: Tensor,
    bias: Tensor,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    groups: int,
    offset_groups: int,
    use_mask: bool,
) -> Tensor:
    """Convolve `input` (B, C, H, W) at taps moved by `offset` (B, 2·G·K, H', W'), weighed by `mask` (B, G·K, H', W').

    K = kh·kw; tap t moves by channels (2t, 2t + 1) = (dy, dx) pixels. What lies outside counts as zero. Positions
    are float32 at least, whatever the input: bfloat16 cannot count pixels beyond 256.
    """
    batch, _, height, width = input.shape
    channels_out, _, kernel_h, kernel_w = weight.shape
    out_h, out_w = offset.shape[-2:]
    taps = kernel_h * kernel_w
    exact = torch.promote_types(input.dtype, torch.float32)

    picture = input.to(exact).reshape(batch * offset_groups, -1, height, width)  # (B·G, C/G, H, W)
    moves = offset.to(exact).reshape(batch * offset_groups, kernel_h, kernel_w, 2, out_h, out_w)
    weights = weight.reshape(groups, channels_out // groups, -1, kernel_h, kernel_w)
    if use_mask:
        mask = mask.reshape(batch * offset_groups, 1, taps, out_h, out_w)

    def axis(length: int) -> Tensor:
        return torch.arange(length, device=input.device, dtype=exact)

    rows = (axis(out_h) * stride_h - pad_h)[:, None]  # (H', 1)
    columns = axis(out_w) * stride_w - pad_w  # (W',)
    across = (axis(kernel_w) * dilation_w)[:, None, None]  # (kw, 1, 1)

    result = bias.to(exact)[:, None, None]  # (C', 1, 1)
    for row in range(kernel_h):  # a row of taps at a time: kw times the input in memory, not kh·kw times
        y = rows + row * dilation_h + moves[:, row, :, 0]  # (B·G, kw, H', W')
        x = columns + across + moves[:, row, :, 1]
        grid = torch.stack(((2 * x + 1) / width - 1, (2 * y + 1) / height - 1), -1).flatten(1, 2)
        seen = F.grid_sample(picture, grid, "bilinear", "zeros", align_corners=False)
        seen = seen.unflatten(2, (kernel_w, out_h))  # (B·G, C/G, kw, H', W')
        if use_mask:
            seen = seen * mask[:, :, row * kernel_w : (row + 1) * kernel_w]
        seen = seen.to(weight.dtype).reshape(batch, groups, -1, out_h * out_w)
        part = weights[:, :, :, row].flatten(2) @ seen  # (C'/groups, C/groups·kw) @ (C/groups·kw, H'·W')
        result = result + part.reshape(batch, channels_out, out_h, out_w)
    return result.to(input.dtype)


def _register() -> None:
    # Composite: autograd, autocast and torch.compile look inside; tracing records the one call.
    torch.library.define("torchvision::deform_conv2d", _SCHEMA)
    torch.library.impl("torchvision::deform_conv2d", "CompositeImplicitAutograd", sample_and_convolve)


if find_spec("torchvision"):
    import_module("torchvision")
else:
    _register()


class DeformableConv2d(nn.Module):
    """A convolution that computes from its input where each of its taps looks, and how much each counts.

    `DeformableConv2d` of ZhengPeng7/BiRefNet@25cb930 `models/modules/deform_conv.py`; stride 1, same size.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.padding = kernel // 2
        self.offset_conv = nn.Conv2d(channels_in, 2 * kernel**2, kernel, padding=self.padding)
        self.modulator_conv = nn.Conv2d(channels_in, kernel**2, kernel, padding=self.padding)
        self.regular_conv = nn.Conv2d(channels_in, channels_out, kernel, padding=self.padding, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        offset = self.offset_conv(x)  # (B, 2k², H, W), pairs (dy, dx)
        modulator = 2 * torch.sigmoid(self.modulator_conv(x))  # (B, k², H, W), 0..2
        weight = self.regular_conv.weight
        bias = weight.new_zeros(weight.shape[0])
        pad = self.padding
        return torch.ops.torchvision.deform_conv2d(
            x, weight, offset, modulator, bias, 1, 1, pad, pad, 1, 1, 1, 1, True
        )
