"""From the network's matte, in its own size, to one of the photo's."""

from typing import Any

from numpy.typing import NDArray

from shared.errors import ModelUnavailable
from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha, Rgb
from worker.matting.closed_form import solve_matte
from worker.matting.fba import FbaMatting
from worker.matting.finishing import Finishing, OnCpu
from worker.matting.guided import enlarge

_SAME_SIZE = 1.2
"""`auto` leaves a matte alone up to this ratio of photo to matte, by their sides."""
_ON_CPU = OnCpu()


def refine(
    rgb: Rgb,
    matte: NDArray[Any],
    spec: RefineSpec,
    fba: FbaMatting | None = None,
    finishing: Finishing = _ON_CPU,
) -> Alpha:
    """The matte (h, w), float32 0..1, at the size of the photo (H, W, 3).

    Raises ModelUnavailable where a method's package is not installed, or its network is not given.
    """
    chosen = method(rgb, matte, spec)
    if chosen in ("matting", "fba"):
        matte = _solved(rgb, matte, chosen, fba)
        chosen = "none" if matte.shape == rgb.shape[:2] else "guided"
    if chosen == "guided":
        return finishing.guided_upsampling(rgb, matte, spec)
    return enlarge(matte, rgb.shape[1], rgb.shape[0])


def method(rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> str:
    """What is done to this matte: `auto` decided."""
    if spec.method != "auto":
        return spec.method
    photo_px, matte_px = rgb.shape[0] * rgb.shape[1], matte.shape[0] * matte.shape[1]
    return "guided" if photo_px > _SAME_SIZE**2 * matte_px else "none"


def _solved(rgb: Rgb, matte: NDArray[Any], chosen: str, fba: FbaMatting | None) -> NDArray[Any]:
    if chosen == "matting":
        return solve_matte(rgb, matte)
    if fba is None:
        raise ModelUnavailable("refine.method fba needs the network fba-matting")
    return fba.solve(rgb, matte)
