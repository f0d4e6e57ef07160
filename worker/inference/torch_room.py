"""The way to everything that needs torch, which an installation may lack."""

from types import ModuleType

from shared.errors import ModelUnavailable


def torch_network() -> ModuleType:
    """The module `torch_network`. Raises ModelUnavailable naming the extra to install."""
    try:
        from worker.inference import torch_network  # noqa: PLC0415  (torch is an extra)
    except ImportError as exc:
        raise ModelUnavailable('this network needs torch: install the extra "torch"') from exc
    return torch_network
