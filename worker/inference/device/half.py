"""Weights in half precision, rounded once.

torch.autocast rounds the weights of convolutions and linear layers anew in every pass (it keeps the rounded ones only
for training). Rounded beforehand they are the same numbers, so a pass gives the very same picture, in half the memory
for them. All else stays float32, as autocast has it: norms, softmax, and where a transformer adds up its layers.
"""

import torch
from torch import nn

_ROUNDED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
"""Exactly these: a class derived from one may compute with its weights before it uses them (FBA's does)."""


def round_weights(network: nn.Module, dtype: torch.dtype) -> None:
    """Round in place what autocast would round in each pass."""
    for module in network.modules():
        if type(module) in _ROUNDED:
            module.to(dtype)
