"""TRACER-B7 as carvekit publishes it ("TracerUniversalB7"): EfficientNet-B7, union and object attention.

Lee, Shin and Han, "TRACER: Extreme Attention Guided Salient Object Tracing Network" (arXiv:2112.07380); keys and
arithmetic of OPHoperHPO/image-background-remove-tool f141a311 `carvekit/ml/arch/tracerb7/`, which is
Karel911/TRACER 8daceccc without its edge module, Apache-2.0. The encoder has the layout of
lukemelas/EfficientNet-PyTorch (Tan and Le, arXiv:1905.11946). Height and width are multiples of 32.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

ENCODER_EPSILON = 1e-3  # batch norm of the encoder; everything else has PyTorch's 1e-5
DROPPED_QUANTILE = 0.1  # share of the channels that union attention drops
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # arXiv:1706.02515
LARGEST_COMPLEMENT = 0.93  # object attention ignores what is background with more certainty than this

# Blocks, kernel, stride of the first, expansion, channels out, zeros before and behind of the first block.
# Upstream fixes the padding for a 600 pixel picture, whatever the real input: at 600 block 18 sees 75 pixels,
# an odd number, hence (1, 1) where 640 would give (0, 1).
_STAGES = (
    (4, 3, 1, 1, 32, (1, 1)),
    (7, 3, 2, 6, 48, (0, 1)),
    (7, 5, 2, 6, 80, (1, 2)),
    (10, 3, 2, 6, 160, (1, 1)),
    (10, 5, 1, 6, 224, (2, 2)),
    (13, 5, 2, 6, 384, (1, 2)),
    (4, 3, 1, 6, 640, (1, 1)),
)
_FEATURES_AFTER = (10, 17, 37, 54)  # blocks behind which the strides 4, 8, 16 and 32 end


class MBConvBlock(nn.Module):
    """Inverted bottleneck with squeeze and excitation."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        stride: int,
        expand: int,
        zeros: tuple[int, int],
    ) -> None:
        super().__init__()
        width = channels_in * expand
        squeezed = channels_in // 4
        self.expands = expand > 1
        self.is_residual = stride == 1 and channels_in == channels_out
        if self.expands:
            self._expand_conv = nn.Conv2d(channels_in, width, 1, bias=False)
            self._bn0 = _encoder_norm(width)
        self._pad = nn.ZeroPad2d(zeros * 2)  # left, right, top, bottom
        self._depthwise_conv = nn.Conv2d(width, width, kernel, stride, groups=width, bias=False)
        self._bn1 = _encoder_norm(width)
        self._se_reduce = nn.Conv2d(width, squeezed, 1)
        self._se_expand = nn.Conv2d(squeezed, width, 1)
        self._project_conv = nn.Conv2d(width, channels_out, 1, bias=False)
        self._bn2 = _encoder_norm(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        entry = x
        if self.expands:
            x = _swish(self._bn0(self._expand_conv(x)))
        x = _swish(self._bn1(self._depthwise_conv(self._pad(x))))
        weights = self._se_expand(_swish(self._se_reduce(F.adaptive_avg_pool2d(x, 1))))
        x = self._bn2(self._project_conv(torch.sigmoid(weights) * x))
        return x + entry if self.is_residual else x


class EfficientEncoderB7(nn.Module):
    """EfficientNet-B7 without its head: 55 blocks, four maps."""

    def __init__(self) -> None:
        super().__init__()
        self._pad = nn.ZeroPad2d((0, 1, 0, 1))
        self._conv_stem = nn.Conv2d(3, 64, 3, stride=2, bias=False)
        self._bn0 = _encoder_norm(64)
        self._blocks = nn.ModuleList()
        channels = 64
        for count, kernel, stride, expand, channels_out, zeros in _STAGES:
            self._blocks.append(MBConvBlock(channels, channels_out, kernel, stride, expand, zeros))
            same = (kernel // 2, kernel // 2)
            for _ in range(count - 1):
                self._blocks.append(MBConvBlock(channels_out, channels_out, kernel, 1, expand, same))
            channels = channels_out

    def forward(self, x: Tensor) -> list[Tensor]:
        """Maps of 48, 80, 224 and 640 channels at strides 4, 8, 16 and 32."""
        x = _swish(self._bn0(self._conv_stem(self._pad(x))))  # (B, 64, H/2, W/2)
        features = []
        for number, block in enumerate(self._blocks):
            x = block(x)
            if number in _FEATURES_AFTER:
                features.append(x)
        return features


class BasicConv2d(nn.Module):
    """Convolution, batch norm, SELU."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels_in, channels_out, kernel, padding=padding, dilation=dilation, bias=False
        )
        self.bn = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return _selu(self.bn(self.conv(x)))


class RFB(nn.Module):
    """Receptive field block: four branches of growing kernel and dilation beside a shortcut (arXiv:1711.07767)."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(BasicConv2d(channels_in, channels, 1))
        for number, kernel in ((1, 3), (2, 5), (3, 7)):
            branch = nn.Sequential(
                BasicConv2d(channels_in, channels, 1),
                BasicConv2d(channels, channels, (1, kernel), (0, kernel // 2)),
                BasicConv2d(channels, channels, (kernel, 1), (kernel // 2, 0)),
                BasicConv2d(channels, channels, 3, kernel, dilation=kernel),
            )
            self.add_module(f"branch{number}", branch)
        self.conv_cat = BasicConv2d(4 * channels, channels, 3, 1)
        self.conv_res = BasicConv2d(channels_in, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x))
        return F.relu(self.conv_cat(torch.cat(branches, 1)) + self.conv_res(x))


class UnionAttentionModule(nn.Module):
    """Weigh the channels, drop the weakest tenth, then attend along the rows (section 3.3 of the paper)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels)
        self.norm = nn.Sequential(nn.BatchNorm2d(channels))
        for name in ("channel_q", "channel_k", "channel_v", "fc"):
            self.add_module(name, nn.Conv2d(channels, channels, 1, bias=False))
        for name in ("spatial_q", "spatial_k", "spatial_v"):
            self.add_module(name, nn.Conv2d(channels, 1, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the first saliency map (B, 1, H, W), before the sigmoid."""
        attention = self._channel_attention(x)
        x = self.bn(x * attention + x)
        x = x * _without_weakest(attention, self.bn.num_features)
        query, key, value = (conv(x) for conv in (self.spatial_q, self.spatial_k, self.spatial_v))
        rows = torch.softmax(query @ key.transpose(2, 3), -1)  # (B, 1, H, H), not scaled
        return rows @ value + value

    def _channel_attention(self, x: Tensor) -> Tensor:
        mean = self.norm(F.adaptive_avg_pool2d(x, 1))
        query, key, value = (
            conv(mean).squeeze(3) for conv in (self.channel_q, self.channel_k, self.channel_v)
        )
        weights = torch.softmax(query @ key.transpose(1, 2), -1)  # (B, C, C), not scaled
        return torch.sigmoid(self.fc((weights @ value).unsqueeze(3)))  # (B, C, 1, 1)


class Aggregation(nn.Module):
    """Join the three deep maps and attend to their union."""

    def __init__(self, two: int, three: int, four: int) -> None:
        super().__init__()
        joined = three + four
        self.conv_upsample1 = BasicConv2d(four, three, 3, 1)
        self.conv_upsample2 = BasicConv2d(four, two, 3, 1)
        self.conv_upsample3 = BasicConv2d(three, two, 3, 1)
        self.conv_upsample4 = BasicConv2d(four, four, 3, 1)
        self.conv_upsample5 = BasicConv2d(joined, joined, 3, 1)
        self.conv_concat2 = BasicConv2d(joined, joined, 3, 1)
        self.conv_concat3 = BasicConv2d(two + joined, two + joined, 3, 1)
        self.UAM = UnionAttentionModule(two + joined)

    def forward(self, four: Tensor, three: Tensor, two: Tensor) -> Tensor:
        """Map strides 32 (B, 128, …), 16 (B, 64, …) and 8 (B, 32, …) to one map (B, 1, H/8, W/8)."""
        four_twice = _double(four)
        product3 = self.conv_upsample1(four_twice) * three
        product2 = self.conv_upsample2(_double(four_twice)) * self.conv_upsample3(_double(three)) * two
        joined = self.conv_concat2(torch.cat((product3, self.conv_upsample4(four_twice)), 1))
        joined = torch.cat((product2, self.conv_upsample5(_double(joined))), 1)
        return self.UAM(self.conv_concat3(joined))  # from (B, 224, H/8, W/8)


class DWConv(nn.Module):
    """Depthwise convolution, batch norm, SELU."""

    def __init__(self, channels: int, kernel: int, padding: int = 0, dilation: int = 1) -> None:
        super().__init__()
        self.DWConv = nn.Conv2d(
            channels, channels, kernel, padding=padding, dilation=dilation, groups=channels, bias=False
        )
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return _selu(self.bn(self.DWConv(x)))


class DWSConv(nn.Module):
    """Depthwise separable convolution: 3×3 in each channel, then 1×1 to half of them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.DWConv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.PWConv = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels // 2)

    def forward(self, x: Tensor) -> Tensor:
        x = _selu(self.bn(self.DWConv(x)))
        return _selu(self.bn2(self.PWConv(x)))


class ObjectAttention(nn.Module):
    """Refine a saliency map by an encoder map of the same size: inside the object and at its uncertain border."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.DWSConv = DWSConv(channels)
        for number, (kernel, dilation) in enumerate(((1, 1), (3, 1), (3, 3), (3, 5)), 1):
            depthwise = DWConv(half, kernel, padding=dilation * (kernel // 2), dilation=dilation)
            self.add_module(f"DWConv{number}", nn.Sequential(depthwise, BasicConv2d(half, half // 4, 1)))
        self.conv1 = BasicConv2d(half, 1, 1)

    def forward(self, decoder_map: Tensor, encoder_map: Tensor) -> Tensor:
        """Map (B, 1, H, W) and (B, C, H, W) to a better (B, 1, H, W), before the sigmoid."""
        inside = torch.sigmoid(decoder_map)
        outside = 1 - inside
        outside = torch.where(outside > LARGEST_COMPLEMENT, torch.zeros_like(outside), outside)
        x = self.DWSConv(encoder_map * inside + encoder_map * outside)
        x = torch.cat((self.DWConv1(x), self.DWConv2(x), self.DWConv3(x), self.DWConv4(x)), 1) + x
        return F.relu(self.conv1(x)) + decoder_map


class TracerDecoder(nn.Module):
    """The whole network; its name is upstream's."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientEncoderB7()
        self.rfb2 = RFB(80, 32)
        self.rfb3 = RFB(224, 64)
        self.rfb4 = RFB(640, 128)
        self.agg = Aggregation(32, 64, 128)
        self.ObjectAttention2 = ObjectAttention(80)
        self.ObjectAttention1 = ObjectAttention(48)

    def forward(self, x: Tensor) -> Tensor:
        """Map a normalised (B, 3, H, W) to the saliency map (B, 1, H, W), before the sigmoid."""
        shallow, two, three, four = self.encoder(x)
        first = self.agg(self.rfb4(four), self.rfb3(three), self.rfb2(two))  # D0, at stride 8
        second = self.ObjectAttention2(first, two)  # D1, at stride 8
        third = self.ObjectAttention1(_enlarge(second, 2), shallow)  # D2, at stride 4
        return (_enlarge(third, 4) + _enlarge(second, 8) + _enlarge(first, 8)) / 3


def tracer_b7() -> TracerDecoder:
    """The published network, 66.3 million parameters."""
    return TracerDecoder().eval()


def _encoder_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=ENCODER_EPSILON)


def _swish(x: Tensor) -> Tensor:
    # Upstream's two operations: `F.silu` rounds otherwise (1e-6 in the end), and OpenVINO fuses these anyway.
    return x * torch.sigmoid(x)


def _selu(x: Tensor) -> Tensor:
    # OpenVINO has no kernel of its own for SELU but one for ELU, which it fuses: the same but for the last bit.
    if torch.jit.is_tracing():
        return SELU_SCALE * F.elu(x, SELU_ALPHA)
    return F.selu(x)


def _without_weakest(attention: Tensor, channels: int) -> Tensor:
    """Zero the values of each picture's (B, C, 1, 1) at or below their 10 % quantile, linearly interpolated.

    `torch.quantile` has no counterpart in OpenVINO; two order statistics and a blend give the same bits.
    """
    position = float(np.float32(DROPPED_QUANTILE) * np.float32(channels - 1))  # rounded as upstream rounds it
    below = int(position)
    smallest = torch.topk(attention, below + 2, dim=1, largest=False).values
    lower, upper = smallest[:, below : below + 1], smallest[:, below + 1 : below + 2]
    threshold = lower + (position - below) * (upper - lower)
    return torch.where(attention <= threshold, torch.zeros_like(attention), attention)


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)


def _enlarge(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)
