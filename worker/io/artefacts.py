"""What stages hand to each other: files in storage, and in memory while this worker may need them next."""

import io
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from numpy.typing import NDArray

from shared.picture import PictureLimits
from shared.storage.port import ObjectStore
from worker.imaging.artefact import (
    decode_artefact,
    decode_matte_artefact,
    encode_artefact,
    encode_matte_artefact,
)
from worker.imaging.decode import decode
from worker.imaging.types import Alpha, Cutout, Photo

Artefact = Photo | Cutout | Alpha
A = TypeVar("A", Photo, Cutout, Alpha)


class Artefacts:
    """Pictures by storage key, decoded; the least recently used leave memory first. Thread-safe.

    What comes from here may be in another stage's hands too, so its arrays are read-only, as are those handed in from
    then on: who writes into one gets a ValueError.
    """

    def __init__(self, objects: ObjectStore, limits: PictureLimits, max_bytes: int) -> None:
        self._objects = objects
        self._limits = limits
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, Artefact] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()

    def photo(self, key: str) -> Photo:
        """The picture that was handed in. Raises what `decode` raises."""
        return self._get(key, lambda data: decode(data, self._limits))

    def matte(self, key: str) -> Alpha:
        """A matte, (H, W)."""
        return self._get(key, decode_matte_artefact)

    def cutout(self, key: str) -> Cutout:
        """A cut-out between two stages."""
        return self._get(key, decode_artefact)

    def once(self, key: str, make: Callable[[], Cutout]) -> Cutout:
        """A cut-out that is quicker made again than stored: from memory, or made now and left there."""
        return self._kept_or(key, make)

    def keep_matte(self, key: str, alpha: Alpha) -> None:
        """Store a matte for the stages to come."""
        self._put(key, encode_matte_artefact(alpha), alpha)

    def keep_cutout(self, key: str, cutout: Cutout) -> None:
        """Store a cut-out for the stages to come."""
        self._put(key, encode_artefact(cutout), cutout)

    def _get(self, key: str, read: Callable[[bytes], A]) -> A:
        def stored() -> A:
            with self._objects.open(key) as body:
                return read(body.read())

        return self._kept_or(key, stored)

    def _kept_or(self, key: str, make: Callable[[], A]) -> A:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]  # a key names one kind of artefact
        artefact = make()
        self._remember(key, artefact)
        return artefact

    def _put(self, key: str, data: memoryview, artefact: Artefact) -> None:
        self._objects.put(key, io.BytesIO(data), content_type="image/png")
        self._remember(key, artefact)

    def _remember(self, key: str, artefact: Artefact) -> None:
        for pixels in _arrays(artefact):
            pixels.setflags(write=False)
        with self._lock:
            if key in self._kept:
                self._kept_bytes -= _size(self._kept.pop(key))
            self._kept[key] = artefact
            self._kept_bytes += _size(artefact)
            while self._kept_bytes > self._max_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._kept_bytes -= _size(oldest)


def _arrays(artefact: Artefact) -> tuple[NDArray[Any], ...]:
    if not isinstance(artefact, Photo | Cutout):
        return (artefact,)
    return (artefact.rgb,) if artefact.alpha is None else (artefact.rgb, artefact.alpha)


def _size(artefact: Artefact) -> int:
    """Bytes in memory."""
    return sum(pixels.nbytes for pixels in _arrays(artefact))
