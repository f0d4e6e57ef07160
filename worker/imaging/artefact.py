"""What one stage hands to the next: lossless, quick to write and to read.

A PNG as results are written, for 12 MP 70 ms to write and 110 ms to read; lossless WebP takes 200 and 120 ms
(and half the space), so that the disk or the network, not the processor, would have to be slow for it to pay.
"""

import cv2
import numpy as np

from shared.errors import InternalError
from worker.imaging.encode import encode_matte
from worker.imaging.picture import Picture
from worker.imaging.types import Alpha, Cutout
from worker.imaging.writing import Tags, png


def encode_artefact(cutout: Cutout) -> memoryview:
    """A cut-out with its profile; colours under alpha 0 are lost. The frame must be the whole canvas."""
    return png(Picture.of_cutout(cutout), Tags(cutout.icc_profile))


def decode_artefact(data: bytes) -> Cutout:
    """What `encode_artefact` wrote. Raises InternalError when it is something else."""
    buffer = np.frombuffer(data, np.uint8)
    pixels, kinds, metadata = cv2.imdecodeWithMetadata(buffer, flags=cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise InternalError("A stage's picture is damaged.")
    found = dict(zip(kinds, metadata, strict=True)).get(cv2.IMAGE_METADATA_ICCP)
    icc_profile = None if found is None else bytes(found)
    return Cutout.of(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), cv2.extractChannel(pixels, 3), icc_profile)


def encode_matte_artefact(alpha: Alpha) -> memoryview:
    """A matte, 8-bit grey."""
    return encode_matte(alpha).data


def decode_matte_artefact(data: bytes) -> Alpha:
    """What `encode_matte_artefact` wrote. Raises InternalError when it is something else."""
    alpha = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if alpha is None or alpha.ndim != 2 or alpha.dtype != np.uint8:
        raise InternalError("A stage's matte is damaged.")
    return alpha
