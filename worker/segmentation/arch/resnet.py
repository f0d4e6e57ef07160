"""The residual stages shared by BASNet, DeepLabV3 and FBA matting: keys and order of torchvision's `resnet.py`.

He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), with the stride on the 3×3
convolution of a bottleneck; pytorch/vision v0.27.0 `torchvision/models/resnet.py`, BSD-3-Clause. Convolution and
norm are exchangeable, as FBA matting standardises its weights and normalises by groups.
"""

from collections.abc import Callable

from torch import Tensor, nn

Conv = Callable[..., nn.Conv2d]
Norm = Callable[[int], nn.Module]


class BasicBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut (ResNet-18 and -34)."""

    expansion = 1

    def __init__(
        self,
        channels_in: int,
        width: int,
        stride: int = 1,
        dilation: int = 1,
        conv: Conv = nn.Conv2d,
        norm: Norm = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.conv1 = conv(channels_in, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn1 = norm(width)
        self.relu = nn.ReLU()
        self.conv2 = conv(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = norm(width)
        self.downsample = _shortcut(channels_in, width, stride, conv, norm)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class Bottleneck(nn.Module):
    """1×1 to `width`, 3×3, 1×1 to four times `width`, beside a shortcut (ResNet-50 and deeper)."""

    expansion = 4

    def __init__(
        self,
        channels_in: int,
        width: int,
        stride: int = 1,
        dilation: int = 1,
        conv: Conv = nn.Conv2d,
        norm: Norm = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.conv1 = conv(channels_in, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = conv(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = norm(width)
        self.conv3 = conv(width, 4 * width, 1, bias=False)
        self.bn3 = norm(4 * width)
        self.relu = nn.ReLU()
        self.downsample = _shortcut(channels_in, 4 * width, stride, conv, norm)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


def stage(
    block: type[BasicBlock] | type[Bottleneck],
    channels_in: int,
    width: int,
    count: int,
    *,
    stride: int = 1,
    first_dilation: int = 1,
    dilation: int = 1,
    conv: Conv = nn.Conv2d,
    norm: Norm = nn.BatchNorm2d,
) -> nn.Sequential:
    """`count` blocks; the first has the stride, or, where dilation stands for it, half the dilation of the rest."""
    blocks = [block(channels_in, width, stride, first_dilation, conv, norm)]
    channels = width * block.expansion
    blocks += [block(channels, width, 1, dilation, conv, norm) for _ in range(count - 1)]
    return nn.Sequential(*blocks)


def _shortcut(
    channels_in: int, channels_out: int, stride: int, conv: Conv, norm: Norm
) -> nn.Sequential | None:
    if stride == 1 and channels_in == channels_out:
        return None
    return nn.Sequential(conv(channels_in, channels_out, 1, stride, bias=False), norm(channels_out))
