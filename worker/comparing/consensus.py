"""What most of the models say, how far each agrees with it, and where they differ."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from worker.imaging.types import Alpha

_BAND_PIXELS = 1_000_000
"""So many at a time, that ten mattes of fifty megapixels need no gigabytes."""
LEAST_AGREEMENT = 0.9
"""Below it a model sees another subject: on photos with a plain subject IoU among good models is above 0.95."""


def consensus(mattes: Sequence[Alpha]) -> Alpha:
    """The median of the mattes, pixel by pixel."""
    result = np.empty_like(mattes[0])
    for band in _bands(mattes[0]):
        result[band] = np.median(np.stack([matte[band] for matte in mattes]), axis=0)
    return result


def agreement(matte: Alpha, with_: Alpha) -> float:
    """Overlap of two subjects (IoU of what is at least half opaque), 0..1; of two empty ones 1."""
    both = either = 0
    for band in _bands(matte):
        mine, theirs = matte[band] >= 128, with_[band] >= 128
        both += int(np.count_nonzero(mine & theirs))
        either += int(np.count_nonzero(mine | theirs))
    return both / either if either else 1.0


def agreements(mattes: Mapping[str, Alpha]) -> dict[str, float]:
    """Of each model with what most of them say."""
    most = consensus(list(mattes.values()))
    return {name: agreement(matte, most) for name, matte in mattes.items()}


def spread(mattes: Sequence[Alpha]) -> Alpha:
    """How far the mattes lie apart, pixel by pixel, 0..255."""
    highest, lowest = mattes[0].copy(), mattes[0].copy()
    for matte in mattes[1:]:
        np.maximum(highest, matte, out=highest)
        np.minimum(lowest, matte, out=lowest)
    return np.asarray(highest - lowest)


def _bands(matte: Alpha) -> Iterator[slice]:
    rows = max(1, _BAND_PIXELS // max(1, matte.shape[1]))
    for top in range(0, matte.shape[0], rows):
        yield slice(top, top + rows)
