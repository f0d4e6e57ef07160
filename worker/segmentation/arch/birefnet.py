"""BiRefNet on Swin-L (general) or Swin-T (lite): two scales encoded, the image seen again at each step of decoding.

Zheng et al., Bilateral Reference for High-Resolution Dichotomous Image Segmentation (arXiv:2401.03407).
Keys and arithmetic of ZhengPeng7/BiRefNet@25cb930 `models/birefnet.py` (MIT), in the configuration of the released
weights; RMBG-2.0 is the same network. Every resize is bilinear with aligned corners.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from worker.segmentation.arch.deform_conv import DeformableConv2d
from worker.segmentation.arch.swin import SwinTransformer

# How the image's tiles are stacked on channels, as a permutation of (B, C, rows, h, columns, w). The order is a
# property of a checkpoint that its keys do not show: commit 5198d3f (2024-11-05) changed it from the first to the
# second; the general, lite, portrait and matting weights, and RMBG-2.0, were trained before.
PATCH_ORDERS = {"wg_hg_c": (0, 4, 2, 1, 3, 5), "c_hg_wg": (0, 1, 2, 4, 3, 5)}


def _resize(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)


class DeformableBranch(nn.Module):
    """One branch of the ASPP: deformable convolution, BatchNorm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.atrous_conv = DeformableConv2d(channels_in, channels_out, kernel)
        self.bn = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.atrous_conv(x)))


class ASPPDeformable(nn.Module):
    """Atrous spatial pyramid pooling whose reach is learned: kernels 1, 1, 3, 7 and the global mean."""

    def __init__(self, channels: int = 64, inner: int = 256) -> None:
        super().__init__()
        self.aspp1 = DeformableBranch(channels, inner, 1)
        self.aspp_deforms = nn.ModuleList(DeformableBranch(channels, inner, kernel) for kernel in (1, 3, 7))
        self.global_avg_pool = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
        )
        self.conv1 = nn.Conv2d(5 * inner, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.aspp1(x), *(branch(x) for branch in self.aspp_deforms)]
        everywhere = self.global_avg_pool(x).expand(-1, -1, *x.shape[2:])
        x = torch.cat((*branches, everywhere), 1)  # (B, 5·256, H, W)
        return F.relu(self.bn1(self.conv1(x)))


class DecoderBlock(nn.Module):
    """BasicDecBlk: down to 64 channels, the ASPP, up to the output's channels; no activation at the end."""

    def __init__(self, channels_in: int, channels_out: int, inner: int = 64) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(channels_in, inner, 3, padding=1)
        self.dec_att = ASPPDeformable(inner)
        self.conv_out = nn.Conv2d(inner, channels_out, 3, padding=1)
        self.bn_in = nn.BatchNorm2d(inner)
        self.bn_out = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn_in(self.conv_in(x)))
        return self.bn_out(self.conv_out(self.dec_att(x)))


class SimpleConvs(nn.Module):
    """Two convolutions with nothing between, for the image's tiles."""

    def __init__(self, channels_in: int, channels_out: int, inner: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, inner, 3, padding=1)
        self.conv_out = nn.Conv2d(inner, channels_out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_out(self.conv1(x))


class Lateral(nn.Module):
    """BasicLatBlk: a 1×1 convolution on a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Decoder(nn.Module):
    """From 1/32 to full size; at each step the image joins in tiles, and a gradient-aware gate weighs the map."""

    def __init__(self, channels: tuple[int, int, int, int], patch_order: str) -> None:
        super().__init__()
        self.patch_order = PATCH_ORDERS[patch_order]
        c1, c2, c3, c4 = channels
        widths = {4: c4, 3: c3, 2: c2, 1: c1}
        outputs = {4: c3, 3: c2, 2: c1, 1: c1 // 2}
        tiles = {5: c4 // 8, 4: c4 // 8, 3: c3 // 8, 2: c2 // 8, 1: c1 // 8}  # channels of the image's part
        grids = {5: 32, 4: 16, 3: 8, 2: 4, 1: 1}
        for k, grid in grids.items():
            self.add_module(f"ipt_blk{k}", SimpleConvs(3 * grid**2, tiles[k]))
        for k in (4, 3, 2, 1):
            self.add_module(f"decoder_block{k}", DecoderBlock(widths[k] + tiles[k + 1], outputs[k]))
        self.conv_out1 = nn.Sequential(nn.Conv2d(outputs[1] + tiles[1], 1, 1))
        for k in (4, 3, 2):
            self.add_module(f"lateral_block{k}", Lateral(outputs[k]))
        # Only in training, but in every checkpoint: conv_ms_spvn and gdt_convs_pred.
        for k in (4, 3, 2):
            self.add_module(f"conv_ms_spvn_{k}", nn.Conv2d(outputs[k], 1, 1))
        for k in (4, 3, 2):
            gradient = nn.Sequential(nn.Conv2d(outputs[k], 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
            self.add_module(f"gdt_convs_{k}", gradient)
        for part in ("pred", "attn"):
            for k in (4, 3, 2):
                self.add_module(f"gdt_convs_{part}_{k}", nn.Sequential(nn.Conv2d(16, 1, 1)))

    def forward(self, image: Tensor, x1: Tensor, x2: Tensor, x3: Tensor, x4: Tensor) -> Tensor:
        p4 = self.decoder_block4(torch.cat((x4, self.ipt_blk5(self._tiles(image, 32))), 1))  # 1/32
        p4 = p4 * self.gdt_convs_attn_4(self.gdt_convs_4(p4)).sigmoid()
        p3 = _resize(p4, x3) + self.lateral_block4(x3)  # 1/16

        p3 = self.decoder_block3(torch.cat((p3, self.ipt_blk4(self._tiles(image, 16))), 1))
        p3 = p3 * self.gdt_convs_attn_3(self.gdt_convs_3(p3)).sigmoid()
        p2 = _resize(p3, x2) + self.lateral_block3(x2)  # 1/8

        p2 = self.decoder_block2(torch.cat((p2, self.ipt_blk3(self._tiles(image, 8))), 1))
        p2 = p2 * self.gdt_convs_attn_2(self.gdt_convs_2(p2)).sigmoid()
        p1 = _resize(p2, x1) + self.lateral_block2(x1)  # 1/4

        p1 = self.decoder_block1(torch.cat((p1, self.ipt_blk2(self._tiles(image, 4))), 1))  # no gate here
        return self.conv_out1(torch.cat((_resize(p1, image), self.ipt_blk1(image)), 1))  # (B, 1, H, W)

    def _tiles(self, image: Tensor, grid: int) -> Tensor:
        """Cut (B, 3, H, W) into grid × grid tiles, stacked on channels: (B, 3·grid², H/grid, W/grid)."""
        batch, colours, height, width = image.shape
        tiles = image.reshape(batch, colours, grid, height // grid, grid, width // grid)
        return tiles.permute(self.patch_order).reshape(
            batch, colours * grid**2, height // grid, width // grid
        )


class BiRefNet(nn.Module):
    """(B, 3, H, W), ImageNet mean and deviation, H and W multiples of 32, to logits (B, 1, H, W)."""

    def __init__(self, backbone: SwinTransformer, dim: int, patch_order: str) -> None:
        super().__init__()
        if patch_order not in PATCH_ORDERS:
            raise ValueError(f"no patch order {patch_order!r}; known: {', '.join(PATCH_ORDERS)}")
        c1, c2, c3, c4 = (2 * dim * 2**stage for stage in range(4))  # twice: both scales of the image
        self.bb = backbone
        self.squeeze_module = nn.Sequential(DecoderBlock(c1 + c2 + c3 + c4, c4))
        self.decoder = Decoder((c1, c2, c3, c4), patch_order)

    def forward(self, image: Tensor) -> Tensor:
        x1, x2, x3, x4 = self._encode(image)
        context = (_resize(x1, x4), _resize(x2, x4), _resize(x3, x4), x4)
        x4 = self.squeeze_module(torch.cat(context, 1))  # (B, C4, H/32, W/32)
        return self.decoder(image, x1, x2, x3, x4)

    def _encode(self, image: Tensor) -> list[Tensor]:
        """Return the backbone's four maps, those of the image at half size beside them: 1/4 to 1/32."""
        height, width = image.shape[2:]
        half = F.interpolate(image, (height // 2, width // 2), mode="bilinear", align_corners=True)
        full_maps, half_maps = self.bb(image)[1:], self.bb(half)[1:]
        return [torch.cat((x, _resize(y, x)), 1) for x, y in zip(full_maps, half_maps, strict=True)]


def birefnet(patch_order: str = "wg_hg_c") -> BiRefNet:
    """Build BiRefNet on Swin-L: 220 M parameters."""
    backbone = SwinTransformer(192, (2, 2, 18, 2), (6, 12, 24, 48), window=12)
    return BiRefNet(backbone, 192, patch_order)


def birefnet_lite(patch_order: str = "wg_hg_c") -> BiRefNet:
    """Build BiRefNet on Swin-T: 44 M parameters."""
    backbone = SwinTransformer(96, (2, 2, 6, 2), (3, 6, 12, 24), window=7)
    return BiRefNet(backbone, 96, patch_order)
