"""Every model's matte in storage → a contact sheet, a map of where they differ, and how far each agrees."""

import numpy as np

from shared.errors import InternalError
from shared.jobs.job import Job
from shared.jobs.results import Rendered
from shared.spec.job import COMPARISON, DISAGREEMENT
from shared.spec.output import OutputSpec
from worker.comparing.consensus import LEAST_AGREEMENT, agreements, spread
from worker.comparing.sheet import Tile, contact_sheet, heat_map
from worker.deps import Deps
from worker.imaging.colour import to_srgb
from worker.imaging.encode import encode
from worker.imaging.types import Alpha, Cutout, Rgb
from worker.tasks.stage import Progress
from worker.tasks.storing import store_output

MODELS_DISAGREE = "models_disagree"
"""Flag of a comparison in which a model sees another subject than most of them."""


def compare(job: Job, deps: Deps, progress: Progress) -> Rendered:
    """Look at all the mattes that were made."""
    if job.input is None:
        raise InternalError("the record names no picture")
    photo = deps.artefacts.photo(job.input.key)
    rgb = to_srgb(photo.rgb, photo.icc_profile)
    mattes = {name: deps.artefacts.matte(made.matte_key) for name, made in job.mattes.items()}
    progress(0.2)
    shares = agreements(mattes)
    progress(0.6)
    heat = heat_map(rgb, spread(list(mattes.values())))
    sheet = contact_sheet([*_tiles(job, rgb, mattes, shares), Tile("where they differ, red most", heat)])
    files = ((COMPARISON, encode(_opaque(sheet), _JPEG)), (DISAGREEMENT, encode(_opaque(heat), _PNG)))
    outputs = tuple(store_output(job, name, file, deps, of_all=True) for name, file in files)
    rounded = {name: round(share, 4) for name, share in shares.items()}
    flags = (MODELS_DISAGREE,) if min(shares.values()) < LEAST_AGREEMENT else ()
    return Rendered(outputs=outputs, flags=flags, agreement=rounded)


_JPEG = OutputSpec(format="jpeg", quality=88)
_PNG = OutputSpec()


def _tiles(job: Job, rgb: Rgb, mattes: dict[str, Alpha], shares: dict[str, float]) -> list[Tile]:
    made = job.mattes
    tiles = [Tile("photo", rgb)]
    for name in job.spec.models:
        if name in mattes:
            label = f"{name}   {made[name].seconds:.2f} s   agrees {shares[name]:.1%}"
            tiles.append(Tile(label, rgb, mattes[name]))
        else:
            tiles.append(Tile(f"{name}   failed", rgb, np.zeros(rgb.shape[:2], np.uint8)))
    return tiles


def _opaque(rgb: Rgb) -> Cutout:
    return Cutout.of(rgb, np.full(rgb.shape[:2], 255, np.uint8))
