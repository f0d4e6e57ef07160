"""ncnn's `.bin` files: the layers' numbers one after the other, in module order, without names."""

import math
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shared.errors import ModelUnavailable

NCNN_FP16 = struct.pack("<I", 0x01306B47)
NCNN_FP32 = struct.pack("<I", 0)


def is_ncnn(start: bytes) -> bool:
    """Whether a file that begins so is a stream of ncnn's."""
    return start[:4] in (NCNN_FP16, NCNN_FP32)


def read_ncnn(content: bytes, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
    """Give the numbers their names from the network's shapes, in module order.

    Per convolution a 4-byte tag (fp16 or fp32), the kernel padded to 4 bytes, the bias as fp32; per PReLU its
    slopes as fp32 (Tencent/ncnn, `ModelBinFromDataReader::load`). Raises ModelUnavailable where they do not fit.
    """
    reader = _Reader(content)
    state = {
        key: reader.kernel(shape) if len(shape) > 1 else reader.floats(shape) for key, shape in shapes.items()
    }
    reader.finish()
    return state


class _Reader:
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
