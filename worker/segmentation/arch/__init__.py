"""The networks that find or refine a matte, each with the keys of its official checkpoint; tensors only.

A module is imported when its network is built, so that naming them costs no torch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

# name → (module in this package, factory in that module). IS-Net, RMBG-1.4 and ORMBG are one network.
_NETWORKS = {
    "birefnet": ("birefnet", "birefnet"),
    "birefnet_lite": ("birefnet", "birefnet_lite"),
    "inspyrenet_swinb": ("inspyrenet", "inspyrenet_swinb"),
    "rmbg14": ("isnet", "isnet"),
    "isnet": ("isnet", "isnet"),
    "ormbg": ("isnet", "isnet"),
    "u2net": ("u2net", "u2net"),
    "u2netp": ("u2net", "u2netp"),
    "basnet": ("basnet", "basnet"),
    "tracer_b7": ("tracer", "tracer_b7"),
    "deeplabv3_resnet101": ("deeplabv3", "deeplabv3_resnet101"),
    "fba_matting": ("fba_matting", "fba_matting"),
}

NAMES = tuple(_NETWORKS)


def build(name: str, **options: Any) -> nn.Module:
    """Build the network `name` with random weights, ready for `load_state_dict(official, strict=True)`.

    It comes in evaluation mode: called on a normalised (N, 3, H, W) tensor it returns the final map before the
    sigmoid, (N, 1, H, W); the modules of DeepLab and FBA state their own. Options are those of the network's factory:
    ValueError for an unknown name or value, TypeError for an unknown option, with the known ones.
    """
    factory = _factory(name)
    known = list(inspect.signature(factory).parameters)
    unknown = sorted(set(options) - set(known))
    if unknown:
        offered = ", ".join(known) or "none"
        raise TypeError(f"network {name!r} has no option {', '.join(unknown)}; known: {offered}")
    return factory(**options).eval()


def _factory(name: str) -> Callable[..., nn.Module]:
    if name not in _NETWORKS:
        raise ValueError(f"no segmentation network {name!r}; known: {', '.join(NAMES)}")
    module, function = _NETWORKS[name]
    factory: Callable[..., nn.Module] = getattr(import_module(f"{__name__}.{module}"), function)
    return factory
