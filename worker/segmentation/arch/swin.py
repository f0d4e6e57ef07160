"""Swin Transformer in the flavour of the segmentation networks: windows never shrink, shifts are never dropped.

Liu et al. (arXiv:2103.14030). Keys and arithmetic of SwinTransformer/Swin-Transformer-Semantic-Segmentation
`mmseg/models/backbones/swin_transformer.py` (MIT), as carried by BiRefNet@25cb930 `models/backbones/swin_v1.py`
and InSPyReNet@692ad8a `lib/backbones/SwinTransformer.py`. Maps travel as (B, H, W, C).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MASKED = -100.0  # added to the logit of two tokens that are no neighbours, as in the released code


def _partition(x: Tensor, window: int) -> Tensor:
    """Cut (B, H, W, C) into (B·nW, window², C), row by row."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // window, window, width // window, window, channels)
    return x.transpose(2, 3).reshape(-1, window * window, channels)


def _join(windows: Tensor, window: int, height: int, width: int) -> Tensor:
    """Undo `_partition`."""
    channels = windows.shape[-1]
    x = windows.reshape(-1, height // window, width // window, window, window, channels)
    return x.transpose(2, 3).reshape(-1, height, width, channels)


def _pad(x: Tensor, multiple: int) -> Tensor:
    """Zero-pad (B, H, W, C) at the right and the bottom. Without a branch: sizes may be traced."""
    return F.pad(x, (0, 0, 0, -x.shape[2] % multiple, 0, -x.shape[1] % multiple))


def _shift_mask(height: int, width: int, window: int, device: torch.device) -> Tensor:
    """Return (nW, window², window²): `MASKED` between tokens that only the cyclic shift made neighbours."""

    def regions(length: int) -> Tensor:  # 0, 1, 2: before the last window, its first part, the part rolled in
        position = torch.arange(length, device=device)
        return (position >= length - window).long() + (position >= length - window // 2).long()

    names = 3 * regions(height)[:, None] + regions(width)  # (H, W), nine regions
    names = _partition(names[None, :, :, None], window)  # (nW, window², 1)
    return torch.where(names == names.transpose(1, 2), 0.0, MASKED)


def _relative_position_index(window: int) -> Tensor:
    """Return (window², window²): which row of the bias table holds for (query, key)."""
    # On the CPU even below `torch.device("meta")`: no checkpoint would fill it later.
    steps = torch.arange(window, device="cpu")
    y, x = (axis.flatten() for axis in torch.meshgrid(steps, steps, indexing="ij"))
    dy, dx = y[:, None] - y, x[:, None] - x
    return (dy + window - 1) * (2 * window - 1) + dx + window - 1


def _drop_index(module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Accept checkpoints with the index, which is computed, and without."""
    state.pop(prefix + "relative_position_index", None)


class WindowAttention(nn.Module):
    """Multi-head self-attention inside each window, with a learned bias by relative position."""

    relative_position_index: Tensor

    def __init__(self, dim: int, window: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.register_buffer("relative_position_index", _relative_position_index(window), persistent=False)
        self.register_load_state_dict_pre_hook(_drop_index)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Attend in `x` (B·nW, N, C); `mask` (nW, N, N) is added to the logits."""
        windows, tokens, dim = x.shape
        qkv = self.qkv(x).reshape(windows, tokens, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # each (B·nW, heads, N, 32)
        bias = self.relative_position_bias_table[self.relative_position_index]  # (N, N, heads)
        logits = (q * self.scale) @ k.transpose(-2, -1) + bias.permute(2, 0, 1)  # (B·nW, heads, N, N)
        if mask is not None:
            per_picture = logits.reshape(-1, mask.shape[0], self.heads, tokens, tokens)
            logits = (per_picture + mask[:, None]).reshape(windows, self.heads, tokens, tokens)
        x = logits.softmax(-1).to(v.dtype) @ v  # the mask is float32, whatever the network
        return self.proj(x.transpose(1, 2).reshape(windows, tokens, dim))


class Mlp(nn.Module):
    """Two linear layers with the exact GELU between them."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class SwinBlock(nn.Module):
    """Attention in windows, shifted by half a window where `shift` says so, then the MLP; both residual."""

    def __init__(self, dim: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.window = window
        self.shift = shift
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, window, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, 4 * dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self._attend(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))

    def _attend(self, x: Tensor, mask: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        x = _pad(x, self.window)  # after the norm: padding is zeros, and attended to
        padded_height, padded_width = x.shape[1:3]
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        windows = self.attn(_partition(x, self.window), mask if self.shift else None)
        x = _join(windows, self.window, padded_height, padded_width)
        if self.shift:
            x = torch.roll(x, (self.shift, self.shift), (1, 2))
        return x[:, :height, :width]


class PatchMerging(nn.Module):
    """Fold 2×2 neighbours into channels and halve those: (B, H, W, C) to (B, ⌈H/2⌉, ⌈W/2⌉, 2C)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        x = _pad(x, 2)
        corners = (x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2])
        return self.reduction(self.norm(torch.cat(corners, -1)))


class Stage(nn.Module):
    """The blocks of one resolution and, but for the last stage, the way to the next."""

    def __init__(self, dim: int, depth: int, heads: int, window: int, has_next: bool) -> None:
        super().__init__()
        self.window = window
        shifts = [window // 2 if index % 2 else 0 for index in range(depth)]
        self.blocks = nn.ModuleList(SwinBlock(dim, heads, window, shift) for shift in shifts)
        self.downsample = PatchMerging(dim) if has_next else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return this stage's map and what the next stage takes."""
        height, width = (-(-size // self.window) * self.window for size in x.shape[1:3])
        mask = _shift_mask(height, width, self.window, x.device)  # the same for all blocks
        for block in self.blocks:
            x = block(x, mask)
        return x, x if self.downsample is None else self.downsample(x)


class PatchEmbed(nn.Module):
    """Every 4×4 patch to a vector: (B, 3, H, W) to (B, ⌈H/4⌉, ⌈W/4⌉, C)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, 4, stride=4)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, -x.shape[3] % 4, 0, -x.shape[2] % 4))
        return self.norm(self.proj(x).permute(0, 2, 3, 1))


class SwinTransformer(nn.Module):
    """The backbone: the embedded patches, then the four stages' normed maps, all (B, C, H, W).

    Sizes: 1/4 C, 1/4 C, 1/8 2C, 1/16 4C, 1/32 8C, rounded up.
    """

    def __init__(self, dim: int, depths: tuple[int, ...], heads: tuple[int, ...], window: int) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed(dim)
        last = len(depths) - 1
        self.layers = nn.ModuleList(
            Stage(dim * 2**index, depth, heads[index], window, has_next=index < last)
            for index, depth in enumerate(depths)
        )
        for index in range(len(depths)):
            self.add_module(f"norm{index}", nn.LayerNorm(dim * 2**index))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.patch_embed(x)
        maps = [x]
        for index, stage in enumerate(self.layers):
            seen, x = stage(x)
            maps.append(getattr(self, f"norm{index}")(seen))
        return tuple(one.permute(0, 3, 1, 2).contiguous() for one in maps)
