"""Weights files → official state dicts: torch checkpoints, safetensors and ncnn, told apart by their content.

Every float becomes float32. Whatever is wrong with a file is a ModelUnavailable whose text says what.
"""

import math
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from shared.errors import ModelUnavailable

StateDict = dict[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]
"""Official keys and shapes, in module order."""

NCNN_FP16 = struct.pack("<I", 0x01306B47)
NCNN_FP32 = struct.pack("<I", 0)
_NAMES_SHOWN = 8


def read_state_dict(path: Path, shapes: Shapes) -> StateDict:
    """Read the weights of the network with these `shapes`; every key is there, no other, each of its shape.

    Raises ModelUnavailable for a damaged file, a pickle that would execute code, another network's weights.
    """
    content = path.read_bytes()
    if content[:4] in (NCNN_FP16, NCNN_FP32):
        return _from_ncnn(content, shapes)
    state = _from_safetensors(content) if content[8:9] == b"{" else _from_torch(path)
    _check(state, shapes)
    return state


def _from_safetensors(content: bytes) -> StateDict:
    try:
        return {_plain(key): value.astype(np.float32) for key, value in load_safetensors(content).items()}
    except SafetensorError as exc:
        raise ModelUnavailable(f"the safetensors weights cannot be read: {exc}") from exc


def _from_torch(path: Path) -> StateDict:
    """Read a `.pth`: only tensors and containers are unpickled; `params_ema` is preferred over `params`."""
    loaded = _unpickle(path)
    for wrapper in ("params_ema", "params"):
        if isinstance(loaded, dict) and wrapper in loaded:
            loaded = loaded[wrapper]
            break
    if not isinstance(loaded, dict) or not all(hasattr(value, "numpy") for value in loaded.values()):
        raise ModelUnavailable("the torch checkpoint holds no state dict")
    return {_plain(key): value.float().numpy() for key, value in loaded.items()}


def _unpickle(path: Path) -> Any:
    try:
        import torch  # noqa: PLC0415  (the extra may not be installed)
    except ImportError as exc:
        raise ModelUnavailable('reading a .pth file needs torch: install the extra "torch"') from exc
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of odd old pickles before it refuses them
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as exc:  # a damaged zip or pickle raises nearly anything
        raise ModelUnavailable("the file is not a readable or not a safe torch checkpoint") from exc


def _plain(key: str) -> str:
    return key.removeprefix("module.")  # left behind by DataParallel


def _check(state: StateDict, shapes: Shapes) -> None:
    problems = [
        _listed("missing", [key for key in shapes if key not in state]),
        _listed("unexpected", [key for key in state if key not in shapes]),
        _listed(
            "of another shape", [key for key in shapes if key in state and state[key].shape != shapes[key]]
        ),
    ]
    if any(problems):
        raise ModelUnavailable(f"the weights are not this network's: {'; '.join(filter(None, problems))}")


def _listed(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - _NAMES_SHOWN} more" if len(keys) > _NAMES_SHOWN else ""
    return f"{what}: {', '.join(keys[:_NAMES_SHOWN])}{more}"


def _from_ncnn(content: bytes, shapes: Shapes) -> StateDict:
    """Read ncnn's `.bin`: the layers' numbers one after the other, in module order, without names.

    Per convolution a 4-byte tag (fp16 or fp32), the kernel padded to 4 bytes, the bias as fp32; per PReLU its
    slopes as fp32 (Tencent/ncnn, `ModelBinFromDataReader::load`).
    """
    reader = _NcnnReader(content)
    state = {
        key: reader.kernel(shape) if len(shape) > 1 else reader.floats(shape) for key, shape in shapes.items()
    }
    reader.finish()
    return state


class _NcnnReader:
    """A place in an ncnn stream."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def kernel(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Read the tag, then a kernel (out, in, height, width)."""
        tag = self._take(4)
        if tag not in (NCNN_FP16, NCNN_FP32):
            raise ModelUnavailable(
                f"the ncnn weights have an unknown tag 0x{int.from_bytes(tag, 'little'):08X}"
            )
        if tag == NCNN_FP32:
            return self.floats(shape)
        count = math.prod(shape)
        halves = np.frombuffer(self._take(count * 2), "<f2").astype(np.float32).reshape(shape)
        self._take(-count * 2 % 4)
        return halves

    def floats(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Read fp32 numbers."""
        return np.frombuffer(self._take(math.prod(shape) * 4), "<f4").astype(np.float32).reshape(shape)

    def finish(self) -> None:
        """Refuse bytes that no layer has claimed."""
        left = len(self._content) - self._place
        if left:
            raise ModelUnavailable(f"the ncnn weights are not this network's: {left} bytes left over")

    def _take(self, size: int) -> bytes:
        piece = self._content[self._place : self._place + size]
        if len(piece) < size:
            raise ModelUnavailable("the ncnn weights end too early for this network")
        self._place += size
        return piece
