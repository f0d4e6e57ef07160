"""BASNet: a ResNet-34 encoder with two more stages, a decoder, and a small U that refines the first map.

Qin et al., "BASNet: Boundary-Aware Salient Object Detection" (CVPR 2019, figure 2); keys and arithmetic of
xuebinqin/BASNet 56393818 `model/BASNet.py`, MIT. Height and width are multiples of 32.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from worker.segmentation.arch.resnet import BasicBlock, stage

_STEPS = ("1", "m", "2")  # the three convolutions of a decoder stage, as the keys call them


class RefUnet(nn.Module):
    """Residual refinement module: a U of 64 channels on the logits of the first map (section 3.3)."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(1, channels, 3, padding=1)
        for layer in ("1", "2", "3", "4", "5"):
            self.add_module(f"conv{layer}", nn.Conv2d(channels, channels, 3, padding=1))
            self.add_module(f"bn{layer}", nn.BatchNorm2d(channels))
        for layer in ("_d4", "_d3", "_d2", "_d1"):
            self.add_module(f"conv{layer}", nn.Conv2d(2 * channels, channels, 3, padding=1))
            self.add_module(f"bn{layer}", nn.BatchNorm2d(channels))
        self.conv_d0 = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, logits: Tensor) -> Tensor:
        x = self.conv0(logits)  # (B, 64, H, W), neither norm nor ReLU
        skips = []
        for layer in ("1", "2", "3", "4"):
            skips.append(self._layer(layer, x))
            x = _halve(skips[-1])
        x = self._layer("5", x)  # (B, 64, H/16, W/16)
        for layer in ("_d4", "_d3", "_d2", "_d1"):
            x = self._layer(layer, torch.cat((_enlarge(x, 2), skips.pop()), 1))
        return logits + self.conv_d0(x)

    def _layer(self, name: str, x: Tensor) -> Tensor:
        return F.relu(self.get_submodule(f"bn{name}")(self.get_submodule(f"conv{name}")(x)))


class BASNet(nn.Module):
    """The prediction module (encoder, bridge, decoder) and the refinement module behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.inconv = nn.Conv2d(3, 64, 3, padding=1)
        self.inbn = nn.BatchNorm2d(64)
        self.encoder1 = stage(BasicBlock, 64, 64, 3)
        self.encoder2 = stage(BasicBlock, 64, 128, 4, stride=2)
        self.encoder3 = stage(BasicBlock, 128, 256, 6, stride=2)
        self.encoder4 = stage(BasicBlock, 256, 512, 3, stride=2)
        for name in ("resb5_1", "resb5_2", "resb5_3", "resb6_1", "resb6_2", "resb6_3"):
            self.add_module(name, BasicBlock(512, 512))
        self._add_decoder("bg", (512, 512, 512, 512), dilations=(2, 2, 2))
        self._add_decoder("6d", (1024, 512, 512, 512), dilations=(1, 2, 2))
        self._add_decoder("5d", (1024, 512, 512, 512))
        self._add_decoder("4d", (1024, 512, 512, 256))
        self._add_decoder("3d", (512, 256, 256, 128))
        self._add_decoder("2d", (256, 128, 128, 64))
        self._add_decoder("1d", (128, 64, 64, 64))
        for name, channels in zip("b654321", (512, 512, 512, 256, 128, 64, 64), strict=True):
            self.add_module(f"outconv{name}", nn.Conv2d(channels, 1, 3, padding=1))
        self.refunet = RefUnet()

    def forward(self, x: Tensor) -> Tensor:
        """Map a normalised (B, 3, H, W) to the refined saliency map (B, 1, H, W), before the sigmoid."""
        return self.refunet(self.outconv1(self._decode(x)[-1]))

    def maps(self, x: Tensor) -> tuple[Tensor, ...]:
        """The refined map, then sides 1 to 6 and the bridge's, in the input's size, before the sigmoid."""
        features = self._decode(x)
        names = "b654321"
        sides = [self.get_submodule(f"outconv{n}")(f) for n, f in zip(names, features, strict=True)]
        factors = (32, 32, 16, 8, 4, 2, 1)
        enlarged = [_enlarge(side, factor) for side, factor in zip(sides, factors, strict=True)]
        return self.refunet(sides[-1]), *reversed(enlarged)

    def _decode(self, x: Tensor) -> list[Tensor]:
        """The bridge's features and those of decoder stages 6 to 1."""
        x = F.relu(self.inbn(self.inconv(x)))  # (B, 64, H, W): no stride, no pooling
        one = self.encoder1(x)
        two = self.encoder2(one)  # (B, 128, H/2, W/2)
        three = self.encoder3(two)  # (B, 256, H/4, W/4)
        four = self.encoder4(three)  # (B, 512, H/8, W/8)
        five = self.resb5_3(self.resb5_2(self.resb5_1(_halve(four))))  # (B, 512, H/16, W/16)
        six = self.resb6_3(self.resb6_2(self.resb6_1(_halve(five))))  # (B, 512, H/32, W/32)
        features = [self._decoder("bg", six)]
        features.append(self._decoder("6d", torch.cat((features[0], six), 1)))
        for name, skip in (("5d", five), ("4d", four), ("3d", three), ("2d", two), ("1d", one)):
            features.append(self._decoder(name, torch.cat((_enlarge(features[-1], 2), skip), 1)))
        return features

    def _add_decoder(
        self, name: str, channels: tuple[int, ...], dilations: tuple[int, ...] = (1, 1, 1)
    ) -> None:
        for number, (step, dilation) in enumerate(zip(_STEPS, dilations, strict=True)):
            conv = nn.Conv2d(channels[number], channels[number + 1], 3, padding=dilation, dilation=dilation)
            self.add_module(f"conv{name}_{step}", conv)
            self.add_module(f"bn{name}_{step}", nn.BatchNorm2d(channels[number + 1]))

    def _decoder(self, name: str, x: Tensor) -> Tensor:
        for step in _STEPS:
            conv, norm = (self.get_submodule(f"{kind}{name}_{step}") for kind in ("conv", "bn"))
            x = F.relu(norm(conv(x)))
        return x


def basnet() -> BASNet:
    """The published network, 87.1 million parameters."""
    return BASNet().eval()


def _halve(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


def _enlarge(x: Tensor, factor: int) -> Tensor:
    if factor == 1:
        return x
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)
