"""Cut-out → effects → files in storage."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from shared.download import Downloaded
from shared.errors import InternalError
from shared.jobs.job import Job, Step
from shared.jobs.results import Rendered
from shared.limits import picture_limits
from shared.spec.effects import BackgroundSpec, EffectSpec
from shared.spec.job import COMPARISON
from shared.spec.source import SourceSpec
from shared.spec.variant import extra_name
from shared.storage import keys
from worker.deps import Deps
from worker.effects.render import render
from worker.imaging.decode import decode
from worker.imaging.encode import Encoded, encode, encode_matte, encode_preview, fills_with_white
from worker.imaging.framing import finish, frame
from worker.imaging.metadata import kept_exif
from worker.imaging.types import Cutout, Rgb, Scene
from worker.io.pictures import fetched, kept
from worker.tasks.comparing import compare
from worker.tasks.cutting import cut_out
from worker.tasks.stage import Progress
from worker.tasks.storing import store_output

BACKGROUND_FILLED_WHITE = "background_filled_white"
"""Flag of a job whose format holds no transparency, where no effect gave a background."""


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Rendered:
    """Paint and encode one variant. Raises DownloadFailed and its kin for a background named by URL."""
    if job.spec.models:
        if step.part == COMPARISON:
            return compare(job, deps, progress)
        job = job.by_model(step.part)
        if job.segmented is None:  # the record says why, by the step that failed
            return Rendered(outputs=())
    variant = job.spec.variant(step.part)
    cutout = _cutout(job, deps)
    progress(0.2)
    framed = frame(cutout, variant.output)
    painted = (
        render(framed, variant.effects, _scene(job, variant.effects, deps)) if variant.effects else framed
    )
    result = finish(painted, framed, variant.output)
    progress(0.5)
    outputs = []
    for name, encoded in _encoded(job, step, result, deps):
        outputs.append(store_output(job, name, encoded, deps))
        progress(0.9)
    flags = (BACKGROUND_FILLED_WHITE,) if fills_with_white(result, variant.output) else ()
    return Rendered(outputs=tuple(outputs), flags=flags)


def _cutout(job: Job, deps: Deps) -> Cutout:
    if job.upscaled is None or job.spec.enlarges_first:
        return cut_out(job, deps)
    return deps.artefacts.cutout(job.upscaled.cutout_key)


def _scene(job: Job, effects: Sequence[EffectSpec], deps: Deps) -> Scene:
    if job.input is None:
        raise InternalError("the record names no picture")
    backgrounds = (effect.image for effect in effects if isinstance(effect, BackgroundSpec))
    sources = {image.name: image for image in backgrounds if image}
    photo = deps.artefacts.photo(job.input.key)
    return Scene(photo.rgb, {name: _fetch(sources[name], job, deps) for name in sorted(sources)})


def _fetch(source: SourceSpec, job: Job, deps: Deps) -> Rgb:
    with _opened(source, job, deps) as (body, _):
        return decode(body, picture_limits(deps.settings)).rgb


def _opened(source: SourceSpec, job: Job, deps: Deps) -> AbstractContextManager[tuple[BinaryIO, Downloaded]]:
    if source.upload_id is not None:
        return kept(keys.input_key(job.tenant, source.upload_id), deps.objects)
    return fetched(str(source.url), deps.settings)


def _encoded(job: Job, step: Step, cutout: Cutout, deps: Deps) -> Iterator[tuple[str, Encoded]]:
    """The variant's files by the names of their outputs."""
    variant = job.spec.variant(step.part)
    exif = _exif(job, deps) if variant.output.metadata == "keep" else None
    yield variant.name, encode(cutout, variant.output, exif)
    if variant.output.preview:
        yield extra_name(step.part, "preview"), encode_preview(cutout)
    if variant.output.include_matte and job.segmented:
        yield extra_name(step.part, "matte"), encode_matte(deps.artefacts.matte(job.segmented.matte_key))


def _exif(job: Job, deps: Deps) -> bytes | None:
    if job.input is None:
        raise InternalError("the record names no picture")
    with deps.objects.open(job.input.key) as body:
        return kept_exif(body.read())
