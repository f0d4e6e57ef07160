"""The way to everything that needs torch, which an installation may lack."""

from importlib import import_module
from types import ModuleType

from shared.errors import ModelUnavailable


def torch_network() -> ModuleType:
    """The module `torch_network`. Raises ModelUnavailable naming the extra to install."""
    return _imported("worker.inference.torch_network")


def torch_finishing() -> ModuleType:
    """The module `finishing` of a device. Raises ModelUnavailable naming the extra to install."""
    return _imported("worker.matting.on_device.finishing")


def _imported(module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as exc:
        raise ModelUnavailable('this needs torch: install the extra "torch"') from exc
