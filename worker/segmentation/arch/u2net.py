"""U²-Net and its small twin U²-NetP: a U of eleven stages, each of them a small U itself (RSU).

Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection" (arXiv:2005.09007, figures
2 and 5); keys and arithmetic of xuebinqin/U-2-Net ac7e1c81 `model/u2net.py`, Apache-2.0. Any input size works,
odd ones too: pooling rounds up, and the decoder resizes to the size of what it joins.
"""

import torch
from torch import Tensor, nn

from worker.segmentation.arch.rsu import RSU, RSU4F, halved, resized


class U2NET(nn.Module):
    """Six encoder stages, five decoder stages, six side maps and their fusion.

    `widths` are the channels of stages 1 to 6, `mids` the inner channels of stages 1 to 6 and then of 5d to 1d.
    """

    def __init__(self, widths: tuple[int, ...], mids: tuple[int, ...], decoded: tuple[int, ...]) -> None:
        super().__init__()
        for stage, height in enumerate((7, 6, 5, 4, None, None), 1):
            channels_in = 3 if stage == 1 else widths[stage - 2]
            self.add_module(f"stage{stage}", _block(height, channels_in, mids[stage - 1], widths[stage - 1]))
        deeper = widths[5]
        for stage, height in zip((5, 4, 3, 2, 1), (None, 4, 5, 6, 7), strict=True):
            channels_out = decoded[5 - stage]
            block = _block(height, deeper + widths[stage - 1], mids[11 - stage], channels_out)
            self.add_module(f"stage{stage}d", block)
            deeper = channels_out
        for side, channels in enumerate((*reversed(decoded), widths[5]), 1):
            self.add_module(f"side{side}", nn.Conv2d(channels, 1, 3, padding=1))
        self.outconv = nn.Conv2d(6, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map a normalised (B, 3, H, W) to the fused saliency map (B, 1, H, W), before the sigmoid."""
        return self.maps(x)[0]

    def maps(self, x: Tensor) -> tuple[Tensor, ...]:
        """The fused map and the six side maps in the input's size, all before the sigmoid."""
        encoded = [self.stage1(x)]  # stage k at index k - 1: (B, widths[k - 1], H / 2^(k - 1), …)
        for stage in range(2, 7):
            encoded.append(self.get_submodule(f"stage{stage}")(halved(encoded[-1])))
        x = encoded[5]
        deep_to_shallow = [self.side6(x)]
        for stage in (5, 4, 3, 2, 1):
            skip = encoded[stage - 1]
            x = self.get_submodule(f"stage{stage}d")(torch.cat((resized(x, skip), skip), 1))
            deep_to_shallow.append(self.get_submodule(f"side{stage}")(x))
        first = deep_to_shallow.pop()
        sides = (first, *(resized(side, first) for side in reversed(deep_to_shallow)))
        return self.outconv(torch.cat(sides, 1)), *sides


def u2net() -> U2NET:
    """The full network, 44.0 million parameters."""
    return U2NET(
        widths=(64, 128, 256, 512, 512, 512),
        mids=(32, 32, 64, 128, 256, 256, 256, 128, 64, 32, 16),
        decoded=(512, 256, 128, 64, 64),
    ).eval()


def u2netp() -> U2NET:
    """The small network, 1.1 million parameters: 64 channels everywhere, 16 inside the blocks."""
    return U2NET(widths=(64,) * 6, mids=(16,) * 11, decoded=(64,) * 5).eval()


def _block(height: int | None, channels_in: int, mid: int, channels_out: int) -> RSU | RSU4F:
    if height is None:
        return RSU4F(channels_in, mid, channels_out)
    return RSU(height, channels_in, mid, channels_out)
