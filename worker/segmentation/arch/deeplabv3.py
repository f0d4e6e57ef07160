"""DeepLabV3 on a ResNet-101 of output stride 8: parallel dilated convolutions, then 21 classes of Pascal VOC.

Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation" (arXiv:1706.05587, figure 5); keys and
arithmetic of pytorch/vision v0.27.0 `torchvision/models/segmentation/deeplabv3.py` with its auxiliary head,
BSD-3-Clause. Any input size works.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from worker.segmentation.arch.resnet import Bottleneck, stage

CLASSES = 21  # 0 is the background


class ResNet101(nn.Module):
    """ResNet-101 whose last two stages are dilated instead of strided."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = stage(Bottleneck, 64, 64, 3)
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2)
        self.layer3 = stage(Bottleneck, 512, 256, 23, first_dilation=1, dilation=2)
        self.layer4 = stage(Bottleneck, 1024, 512, 3, first_dilation=2, dilation=4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The features of layers 3 (B, 1024, H/8, W/8) and 4 (B, 2048, H/8, W/8)."""
        x = F.relu(self.bn1(self.conv1(x)))  # (B, 64, H/2, W/2)
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        third = self.layer3(self.layer2(self.layer1(x)))
        return third, self.layer4(third)


class ASPPPooling(nn.Sequential):
    """The mean over the picture, as a plane of the features' size."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *_conv_bn_relu(channels_in, channels_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(super().forward(x), size=x.shape[2:], mode="bilinear", align_corners=False)


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: 1×1, three dilated 3×3 and the picture's mean, joined by a 1×1."""

    def __init__(self, channels_in: int, rates: tuple[int, ...], channels_out: int = 256) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            (
                nn.Sequential(*_conv_bn_relu(channels_in, channels_out, 1)),
                *(nn.Sequential(*_conv_bn_relu(channels_in, channels_out, 3, rate)) for rate in rates),
                ASPPPooling(channels_in, channels_out),
            )
        )
        joined = len(self.convs) * channels_out
        self.project = nn.Sequential(*_conv_bn_relu(joined, channels_out, 1), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([conv(x) for conv in self.convs], 1))


class DeepLabV3(nn.Module):
    """Backbone, head, and the auxiliary head of training, which only `maps` runs."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = ResNet101()
        self.classifier = nn.Sequential(
            ASPP(2048, rates=(12, 24, 36)), *_conv_bn_relu(256, 256, 3), nn.Conv2d(256, CLASSES, 1)
        )
        self.aux_classifier = nn.Sequential(
            *_conv_bn_relu(1024, 256, 3), nn.Dropout(0.1), nn.Conv2d(256, CLASSES, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map a normalised (B, 3, H, W) to the logits of the classes (B, 21, H, W)."""
        return _enlarge_to(self.classifier(self.backbone(x)[1]), x)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of the head and of the auxiliary head, both (B, 21, H, W)."""
        third, fourth = self.backbone(x)
        return _enlarge_to(self.classifier(fourth), x), _enlarge_to(self.aux_classifier(third), x)


def deeplabv3_resnet101() -> DeepLabV3:
    """The published network with its auxiliary head, 61.0 million parameters."""
    return DeepLabV3().eval()


def _conv_bn_relu(
    channels_in: int, channels_out: int, kernel: int, dilation: int = 1
) -> tuple[nn.Module, ...]:
    padding = dilation * (kernel // 2)
    conv = nn.Conv2d(channels_in, channels_out, kernel, padding=padding, dilation=dilation, bias=False)
    return conv, nn.BatchNorm2d(channels_out), nn.ReLU()


def _enlarge_to(x: Tensor, picture: Tensor) -> Tensor:
    return F.interpolate(x, size=picture.shape[2:], mode="bilinear", align_corners=False)
