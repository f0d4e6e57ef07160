"""The way to everything that needs torch, which an installation may lack."""

from importlib import import_module
from types import ModuleType

from shared.errors import ModelUnavailable


def torch_network() -> ModuleType:
    """The module `torch_network`. Raises ModelUnavailable naming the extra to install."""
    return needing_torch("worker.inference.torch_network")


def needing_torch(module: str) -> ModuleType:
    """A module that imports torch. Raises ModelUnavailable naming the extra to install."""
    try:
        return import_module(module)
    except ImportError as exc:
        raise ModelUnavailable('this needs torch: install the extra "torch"') from exc
