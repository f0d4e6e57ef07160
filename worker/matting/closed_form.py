"""Matting in the band where the network is not sure, by the colours of the photo.

Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting" (2008), with pymatting's Laplacian.
The trimap is the network's own: what it is sure of, less a band round what it is not. Inside the band its matte
stays as a weak prior, which is what keeps the solution from inventing edges and the solver short.
Known pixels cost nothing: their windows are left out, and their unknowns are not in the system.

Colours are asked where hair may be, and nowhere else: where the uncertain band is wide, and no pixel of it far from
what is sure on either side. A narrow band is an edge that the network has found; a wide field of doubt is a question
of what the subject is, which colours answer at random (docs/quality.md).
"""

import math
import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.errors import ModelUnavailable
from worker.imaging.types import Rgb
from worker.matting.doubt import width_of_band

_MAX_MEGAPIXELS = 0.7
"""Larger photos are solved at this size, and the result is upsampled along the photo's own edges."""
_BAND_PX = 4
_LOOK_PX = 5
_NARROW_BAND, _WIDE_BAND = 0.15, 0.4
"""Mean of 4 alpha (1 - alpha) over 11 × 11 px, from which the solution begins to count, and counts fully."""
_NEAR_PX, _FAR_PX = 20.0, 40.0
"""To the farther of sure subject and sure background: up to which the solution counts fully, and at all."""
_UNSURE = 0.05
_SMOOTHNESS = 1e-4
"""The Laplacian's epsilon, on colours of 0..1."""
_TRUST = 0.05
"""Weight of the network's matte against the photo's colours, where it is near 0 or 1; nothing where it is 0.5."""
_TRUST_ANYWHERE = 1e-4
_ROUNDS = 60
_EXACT = 1e-4
"""The solver is content when what is missing is this part of the right side."""
_SECONDS = 4.0
"""The solver stops here with what it has, whatever the machine is doing."""


def solve_matte(rgb: Rgb, matte: NDArray[Any]) -> NDArray[Any]:
    """A better matte, float32 0..1, of the photo's aspect and at most 0.7 megapixels, from the network's (h, w).

    Raises ModelUnavailable where pymatting is not installed.
    """
    photo = _at_most(rgb, _MAX_MEGAPIXELS * 1e6)
    guess = cv2.resize(matte, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    band, share = _band(guess), _like_hair(guess)
    solved = np.where(band, guess, np.rint(guess))
    unknown = band & (share > 0)
    if unknown.any() and min(photo.shape[:2]) > 2:
        found = np.clip(_solve(photo, solved.astype(np.float64), unknown), 0, 1)
        solved[unknown] += share[unknown] * (found - solved[unknown])
    return np.asarray(solved, np.float32)


def _band(guess: NDArray[Any]) -> NDArray[np.bool_]:
    unsure = cv2.inRange(guess, _UNSURE, 1 - _UNSURE)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _BAND_PX + 1, 2 * _BAND_PX + 1))
    return np.asarray(cv2.dilate(unsure, disc) > 0)


def _like_hair(guess: NDArray[Any]) -> NDArray[Any]:
    """How much the solution counts, 0..1."""
    wide = width_of_band(guess, _LOOK_PX, _NARROW_BAND, _WIDE_BAND)
    far = cv2.max(*(_distance_to(sure) for sure in (guess > 1 - _UNSURE, guess < _UNSURE)))
    return np.asarray(wide * np.clip((_FAR_PX - far) / (_FAR_PX - _NEAR_PX), 0, 1))


def _distance_to(mask: NDArray[np.bool_]) -> NDArray[Any]:
    return np.asarray(cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 3))


def _solve(photo: Rgb, guess: NDArray[Any], unknown: NDArray[np.bool_]) -> NDArray[Any]:
    """Alpha of the unknown pixels, (N,); the others are what `guess` says, float64 (h, w)."""
    try:
        from pymatting.laplacian.cf_laplacian import cf_laplacian  # noqa: PLC0415  a second, and an extra of its own
        from scipy.sparse import diags  # noqa: PLC0415
    except ImportError as error:
        raise ModelUnavailable("refine.method matting needs the extra `matting`") from error
    is_unknown = unknown.ravel()
    laplacian = cf_laplacian(photo / 255, epsilon=_SMOOTHNESS, radius=1, is_known=~is_unknown).tocsr()
    at, known = np.flatnonzero(is_unknown), np.flatnonzero(~is_unknown)
    rows = laplacian[at]
    start = guess.ravel()[at]
    trust = _TRUST * np.square(2 * start - 1) + _TRUST_ANYWHERE
    system = (rows[:, at] + diags(trust)).astype(np.float32)
    right = trust * start - rows[:, known] @ guess.ravel()[known]
    return _conjugate_gradients(system, right.astype(np.float32), start.astype(np.float32))


def _conjugate_gradients(system: Any, right: NDArray[Any], start: NDArray[Any]) -> NDArray[Any]:
    """Solve system · x = right from `start` on, as far as the rounds and the time go; Jacobi-preconditioned."""
    until = time.monotonic() + _SECONDS
    found, inverse = start.copy(), 1 / system.diagonal()
    missing = right - system @ found
    step = inverse * missing
    size, enough = _dot(missing, step), (_EXACT * math.sqrt(_dot(right, right))) ** 2
    for _ in range(_ROUNDS):
        if _dot(missing, missing) <= enough or time.monotonic() > until:
            break
        image = system @ step
        share = size / _dot(step, image)
        found += share * step
        missing -= share * image
        scaled = inverse * missing
        size, before = _dot(missing, scaled), size
        step = scaled + size / before * step
    return found


def _dot(one: NDArray[Any], other: NDArray[Any]) -> np.float32:
    # Not BLAS: its threads would wait for each other longer than they compute.
    return np.float32(np.einsum("n,n->", one, other))


def _at_most(rgb: Rgb, pixels: float) -> Rgb:
    scale = math.sqrt(pixels / (rgb.shape[0] * rgb.shape[1]))
    if scale >= 1:
        return rgb
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
