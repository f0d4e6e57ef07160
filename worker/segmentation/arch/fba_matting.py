"""FBA matting: alpha, foreground and background colours of a photo and its trimap, in one pass.

Forte and Pitié, "F, B, Alpha Matting" (arXiv:2003.07711); keys of MarcoForte/FBA_Matting 8dd100d7
`networks/models.py` and arithmetic of its first release, which OPHoperHPO/image-background-remove-tool f141a311
keeps, MIT. The published weights are for non-commercial use only. Height and width are multiples of 8.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from worker.segmentation.arch.resnet import Bottleneck, stage

REGULARISATION = 0.1  # lambda of the fusion of alpha


class WSConv2d(nn.Conv2d):
    """Convolution whose weights are standardised per filter (Qiao et al., arXiv:1903.10520).

    The unbiased variance and both epsilons are those of the 2020 release. A later change upstream differs by
    0.15 in the output.
    """

    def forward(self, x: Tensor) -> Tensor:
        mean = self.weight.mean(1, keepdim=True).mean(2, keepdim=True).mean(3, keepdim=True)
        centred = self.weight - mean
        deviation = torch.sqrt(torch.var(centred.flatten(1), 1) + 1e-12) + 1e-5
        weight = centred / deviation.reshape(-1, 1, 1, 1)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class GroupNorm(nn.GroupNorm):
    """Group norm of 32 groups, which a traced graph gets in simple operations.

    OpenVINO 2026.4 dies of a segmentation fault when it compiles residual blocks with its own GroupNormalization
    in float32 (in bf16, or with SNIPPETS_MODE off, it does not); it fuses these operations into one as well.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(32, channels)

    def forward(self, x: Tensor) -> Tensor:
        if not torch.jit.is_tracing():
            return super().forward(x)
        groups = x.reshape(x.shape[0], self.num_groups, -1)
        centred = groups - groups.mean(2, keepdim=True)
        deviation = torch.sqrt(centred.square().mean(2, keepdim=True) + self.eps)
        scale, shift = (values.reshape(1, -1, 1, 1) for values in (self.weight, self.bias))
        return (centred / deviation).reshape(x.shape) * scale + shift


class ResNet50(nn.Module):
    """ResNet-50 on 11 channels, group norm for batch norm, the last two stages dilated instead of strided."""

    def __init__(self) -> None:
        super().__init__()
        own = {"conv": WSConv2d, "norm": GroupNorm}
        self.conv1 = WSConv2d(11, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = GroupNorm(64)
        self.layer1 = stage(Bottleneck, 64, 64, 3, **own)
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2, **own)
        self.layer3 = stage(Bottleneck, 512, 256, 6, first_dilation=1, dilation=2, **own)
        self.layer4 = stage(Bottleneck, 1024, 512, 3, first_dilation=2, dilation=4, **own)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps (B, 64, H/2, W/2), (B, 256, H/4, W/4) and (B, 2048, H/8, W/8)."""
        stem = F.relu(self.bn1(self.conv1(x)))
        first = self.layer1(F.max_pool2d(stem, 3, stride=2, padding=1))
        return stem, first, self.layer4(self.layer3(self.layer2(first)))


class Decoder(nn.Module):
    """Pyramid pooling, then three doublings, each joined by what the encoder saw at that size."""

    def __init__(self) -> None:
        super().__init__()
        self.ppm = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(size), *_conv_norm_leaky(2048, 256, 1))
            for size in (1, 2, 3, 6)
        )
        self.conv_up1 = nn.Sequential(*_conv_norm_leaky(3072, 256, 3), *_conv_norm_leaky(256, 256, 3))
        self.conv_up2 = nn.Sequential(*_conv_norm_leaky(512, 256, 3))
        self.conv_up3 = nn.Sequential(*_conv_norm_leaky(320, 64, 3))
        self.conv_up4 = nn.Sequential(
            nn.Conv2d(72, 32, 3, padding=1),
            nn.LeakyReLU(),
            nn.Conv2d(32, 16, 3, padding=1),
            nn.LeakyReLU(),
            nn.Conv2d(16, 7, 1),
        )

    def forward(self, encoded: tuple[Tensor, Tensor, Tensor], pixels: Tensor) -> Tensor:
        """Map the encoder's maps and the picture's own planes (B, 8, H, W) to (B, 7, H, W), unbounded."""
        stem, first, deep = encoded
        pooled = (
            F.interpolate(level(deep), size=deep.shape[2:], mode="bilinear", align_corners=False)
            for level in self.ppm
        )
        x = self.conv_up1(torch.cat((deep, *pooled), 1))  # from (B, 3072, H/8, W/8)
        x = self.conv_up2(torch.cat((_double(x), first), 1))  # (B, 256, H/4, W/4)
        x = self.conv_up3(torch.cat((_double(x), stem), 1))  # (B, 64, H/2, W/2)
        return self.conv_up4(torch.cat((_double(x), pixels), 1))


class FBA(nn.Module):
    """Encoder, decoder and the closed-form fusion of alpha and colours."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = ResNet50()
        self.decoder = Decoder()

    def forward(
        self, image: Tensor, two_chan_trimap: Tensor, image_n: Tensor, trimap_transformed: Tensor
    ) -> Tensor:
        """Alpha, foreground and background (B, 7, H, W), 0..1.

        `image` is RGB 0..1 (B, 3, H, W), `image_n` the same normalised by ImageNet's mean and deviation,
        `two_chan_trimap` (B, 2, H, W) and `trimap_transformed` (B, 6, H, W) as `worker.matting.trimap` makes them.
        """
        encoded = self.encoder(torch.cat((image_n, trimap_transformed, two_chan_trimap), 1))
        x = self.decoder(encoded, torch.cat((image_n, image, two_chan_trimap), 1))
        return fuse(image, x[:, :1].clamp(0, 1), torch.sigmoid(x[:, 1:4]), torch.sigmoid(x[:, 4:7]))


def fuse(image: Tensor, alpha: Tensor, fore: Tensor, back: Tensor) -> Tensor:
    """Make alpha, foreground and background agree with the picture: (B, 7, H, W) (section 3.3 of the paper)."""
    fore = alpha * image + (1 - alpha**2) * fore - alpha * (1 - alpha) * back
    # The background is corrected with the new foreground, as upstream does.
    back = (1 - alpha) * image + (2 * alpha - alpha**2) * back - alpha * (1 - alpha) * fore
    fore, back = fore.clamp(0, 1), back.clamp(0, 1)
    span = fore - back
    along = ((image - back) * span).sum(1, keepdim=True)
    length = (span * span).sum(1, keepdim=True)
    alpha = (alpha * REGULARISATION + along) / (length + REGULARISATION)
    return torch.cat((alpha.clamp(0, 1), fore, back), 1)


def fba_matting() -> FBA:
    """The published network, 34.7 million parameters."""
    return FBA().eval()


def _conv_norm_leaky(channels_in: int, channels_out: int, kernel: int) -> tuple[nn.Module, ...]:
    conv = WSConv2d(channels_in, channels_out, kernel, padding=kernel // 2)
    return conv, GroupNorm(channels_out), nn.LeakyReLU()


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
