"""All stages in a row, in one process: a photo goes in, files come out."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from shared.catalog import UPSCALERS
from shared.jobs.job import Status
from shared.queue.names import QUEUES
from shared.spec.job import JobSpec
from tests.no_weights import NoWeights
from worker.imaging.types import Cutout
from worker.matting.finishing import OnCpu
from worker.models import Models
from worker.tasks import cutting, ingest, render, segment, upscale
from worker.tasks.chain import Chain
from worker.tasks.lease import Heartbeat

WORK = {"ingest": ingest.run, "segment": segment.run, "upscale": upscale.run, "render": render.run}


@pytest.fixture
def run(deps):
    """Follow the rings until none is left; returns the job."""
    heartbeat = Heartbeat(60)
    chain = Chain(WORK, deps, heartbeat)

    def run(ring):
        deps.queue.rings.append(ring)
        while deps.queue.rings:
            chain.run(deps.queue.rings.pop(0).step)
        return deps.jobs.get(ring.step.job_id)

    yield run
    heartbeat.stop()


def opened(deps, output) -> Image.Image:
    return Image.open(io.BytesIO(deps.objects.open(output.key).read()))


def test_the_cut_out_is_the_subject_in_its_own_colours(deps, submit, disc, run):
    job = run(submit(disc, output={"include_matte": True}))

    assert job.status is Status.SUCCEEDED, job.error
    image, matte = job.outputs
    assert (image.name, matte.name) == ("image", "matte")
    cutout = np.asarray(opened(deps, image))
    assert tuple(cutout[30, 40]) == (250, 220, 40, 255)
    assert cutout[0, 0, 3] == 0
    assert np.array_equal(np.asarray(opened(deps, matte)), cutout[..., 3])


def test_what_the_file_held_as_transparent_stays_transparent(deps, submit, disc, run):
    alpha = np.full(disc.shape[:2], 255, np.uint8)
    alpha[:, :40] = 0
    job = run(submit(np.dstack([disc, alpha])))

    cutout = np.asarray(opened(deps, job.outputs[0]))
    assert cutout[30, 30, 3] == 0
    assert cutout[30, 50, 3] == 255


@pytest.mark.parametrize(("on_empty", "expected_alpha"), [("original", 255), ("transparent", 0)])
def test_an_empty_matte_is_what_the_caller_wants_it_to_be(deps, submit, run, on_empty, expected_alpha):
    job = run(submit(np.zeros((20, 30, 3), np.uint8), output={"on_empty": on_empty}))

    assert job.status is Status.SUCCEEDED, job.error
    assert "empty_matte" in job.quality.flags
    assert np.asarray(opened(deps, job.outputs[0]))[..., 3].max() == expected_alpha


def test_an_empty_matte_fails_the_job_by_default(submit, run):
    job = run(submit(np.zeros((20, 30, 3), np.uint8)))

    assert (job.status, job.error.code) == (Status.FAILED, "no_subject")


def test_crop_leaves_the_margin_asked_for(submit, disc, run):
    job = run(submit(disc, output={"crop": True, "crop_margin": 10}))

    (image,) = job.outputs
    assert image.width == image.height == pytest.approx(39 * 1.2, abs=3)


def test_a_truncated_picture_fails_with_its_code(deps, submit, disc, run):
    ring = submit(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8))
    whole = deps.objects.open("t/local/job_1/input").read()
    deps.objects.put("t/local/job_1/input", io.BytesIO(whole[: len(whole) // 2]), content_type="image/png")

    job = run(ring)

    assert (job.status, job.error.code) == (Status.FAILED, "unreadable_image")


class TestOutputs:
    """What the result file looks like."""

    def test_a_jpeg_without_a_background_says_that_it_is_white(self, submit, disc, run):
        job = run(submit(disc, output={"format": "jpeg"}))
        assert job.rendered.flags == ("background_filled_white",)

    def test_a_jpeg_with_a_background_says_nothing(self, submit, disc, run):
        white = [{"type": "background", "color": "#fff"}]
        assert run(submit(disc, effects=white, output={"format": "jpeg"})).rendered.flags == ()

    def test_the_preview_stands_beside_the_result(self, deps, submit, disc, run):
        job = run(submit(disc, output={"format": "tiff", "preview": True, "include_matte": True}))
        assert [file.name for file in job.outputs] == ["image", "preview", "matte"]
        assert [opened(deps, file).format for file in job.outputs] == ["TIFF", "WEBP", "PNG"]

    def test_a_canvas_is_the_size_of_the_result_whatever_the_effects_add(self, submit, disc, run):
        shadow = [{"type": "drop_shadow", "offset_x": 20}]
        job = run(submit(disc, effects=shadow, output={"canvas": [70, 90], "scale": 80}))
        assert (job.outputs[0].width, job.outputs[0].height) == (70, 90)

    def test_notes_of_the_photo_are_kept_only_when_asked_for(self, deps, submit, disc, run):
        exif = Image.Exif()
        exif[0x010F] = "Maker"
        stream = io.BytesIO()
        Image.fromarray(disc).save(stream, "JPEG", exif=exif)
        ring = submit(disc, variants=[{"name": "kept", "output": {"metadata": "keep"}}, {"name": "bare"}])
        deps.objects.put("t/local/job_1/input", io.BytesIO(stream.getvalue()), content_type="image/jpeg")
        kept, bare = run(ring).outputs
        assert opened(deps, kept).getexif()[0x010F] == "Maker"
        assert not opened(deps, bare).getexif()


class TestVariants:
    """Several renderings of one matte."""

    TWO = (
        {"name": "plain", "output": {"include_matte": True}},
        {"name": "white", "effects": [{"type": "background", "color": "#fff"}], "output": {"format": "jpeg"}},
    )

    def test_each_is_an_output_under_its_name(self, deps, submit, disc, run):
        job = run(submit(disc, variants=self.TWO))

        assert job.status is Status.SUCCEEDED, job.error
        assert [file.name for file in job.outputs] == ["plain", "plain-matte", "white"]
        assert [opened(deps, file).format for file in job.outputs] == ["PNG", "PNG", "JPEG"]

    def test_one_that_cannot_be_had_fails_alone(self, submit, disc, run):
        nowhere = {"type": "background", "image": {"url": "http://127.0.0.1:9/beach.jpg"}}
        job = run(submit(disc, variants=[*self.TWO, {"name": "beach", "effects": [nowhere]}]))

        assert (job.status, job.error) == (Status.SUCCEEDED, None)
        assert [file.name for file in job.outputs] == ["plain", "plain-matte", "white"]
        assert job.failures["render/beach"].code == "url_not_allowed"
        assert "variant_failed" in job.rendered.flags

    def test_an_empty_matte_is_what_all_of_them_want_it_to_be(self, submit, run):
        variants = [{"name": name, "output": {"on_empty": "transparent"}} for name in "ab"]
        job = run(submit(np.zeros((20, 30, 3), np.uint8), variants=variants))

        assert job.status is Status.SUCCEEDED, job.error
        assert [file.name for file in job.outputs] == ["a", "b"]

    def test_they_share_one_estimate_of_the_colours(self, submit, disc, run, deps, monkeypatch):
        calls = []
        estimate = OnCpu.estimate_foreground
        monkeypatch.setattr(OnCpu, "estimate_foreground", lambda *given: calls.append(1) or estimate(*given))

        job = run(submit(disc, variants=self.TWO))

        assert len(calls) == 1
        assert cutting.cut_out(job, deps) is cutting.cut_out(job, deps)
        other = replace(job, id="job_2")
        assert cutting.cut_out(other, deps) is not cutting.cut_out(job, deps)
        alone = replace(job, spec=job.spec.model_copy(update={"variants": ()}))
        assert cutting.cut_out(alone, deps) is not cutting.cut_out(alone, deps), "kept in memory for nobody"


class Doubling:
    """An upscaler that repeats pixels."""

    def upscale(self, cutout, scale, progress):
        progress(0.5)
        rgb, alpha = (np.repeat(np.repeat(pixels, 2, 0), 2, 1) for pixels in (cutout.rgb, cutout.alpha))
        return Cutout.of(rgb, alpha, cutout.icc_profile)


class TestEnlarging:
    """After segmentation; before it only as an experiment."""

    @pytest.fixture
    def deps(self, deps, settings):
        weights = NoWeights(settings.model_cache, None)
        return replace(deps, upscalers=Models(UPSCALERS, "cpu", weights, lambda card, file: Doubling()))

    @pytest.mark.parametrize("when", ["after", "before"])
    def test_the_cut_out_is_twice_as_large(self, deps, submit, disc, run, when):
        job = run(submit(disc, upscale={"when": when}))
        assert job.status is Status.SUCCEEDED, job.error
        cutout = np.asarray(opened(deps, job.outputs[0]))
        assert cutout.shape == (120, 160, 4)
        assert tuple(cutout[60, 80]) == (250, 220, 40, 255)
        assert cutout[0, 0, 3] == 0
        matte = deps.artefacts.matte(job.segmented.matte_key)
        assert matte.shape == ((120, 160) if when == "before" else (60, 80))

    @pytest.mark.parametrize("when", ["after", "before"])
    def test_transparency_of_the_file_stays(self, deps, submit, disc, run, when):
        alpha = np.full(disc.shape[:2], 255, np.uint8)
        alpha[:, :40] = 0
        job = run(submit(np.dstack([disc, alpha]), upscale={"when": when}))
        cutout = np.asarray(opened(deps, job.outputs[0]))
        assert (cutout[60, 60, 3], cutout[60, 100, 3]) == (0, 255)

    def test_the_order_of_the_stages(self, submit, disc, deps):
        assert submit(disc, upscale={"when": "before"}).step.name == "upscale"
        assert JobSpec(upscale={"when": "after"}).stages(has_picture=True) == ("segment", "upscale", "render")


class TestWhoGoesOn:
    """A worker goes on with the next stage itself where it serves that stage's queue."""

    @pytest.fixture
    def chain(self, deps):
        heartbeat = Heartbeat(60)
        yield Chain(WORK, deps, heartbeat)
        heartbeat.stop()

    def test_a_worker_of_every_lane_rings_nobody(self, chain, deps, submit, disc):
        chain.serve(QUEUES)
        chain.run(submit(disc).step)
        assert deps.jobs.get("job_1").status is Status.SUCCEEDED
        assert deps.queue.rings == []

    def test_a_worker_of_one_lane_hands_over(self, chain, deps, submit, disc):
        chain.serve(["gpu.interactive", "gpu.bulk"])
        chain.run(submit(disc).step)
        assert [ring.step.name for ring in deps.queue.rings] == ["render"]

    def test_each_lane_has_a_queue_for_each_priority(self, chain, deps, submit, disc):
        chain.serve(["gpu.bulk", "cpu.bulk"])
        chain.run(submit(disc, priority="interactive").step)
        assert [ring.step.name for ring in deps.queue.rings] == ["render"]

    def test_of_several_parts_it_takes_one_and_rings_the_others(self, chain, deps, submit, disc):
        chain.serve(QUEUES)
        variants = [{"name": name, "output": {"format": name}} for name in ("png", "webp", "jpeg")]
        chain.run(submit(disc, variants=variants).step)
        assert [ring.step.name for ring in deps.queue.rings] == ["render/webp", "render/jpeg"]
        assert deps.jobs.get("job_1").status is Status.RUNNING

    def test_a_worker_that_stops_finishes_its_stage_and_hands_back_the_rest(
        self, deps, submit, disc, monkeypatch
    ):
        heartbeat = Heartbeat(60)

        def told_to_stop(*args):
            chain.serve(())
            return segment.run(*args)

        chain = Chain({**WORK, "segment": told_to_stop}, deps, heartbeat)
        chain.serve(QUEUES)
        chain.run(submit(disc).step)
        heartbeat.stop()
        assert [ring.step.name for ring in deps.queue.rings] == ["render"]

    def test_where_it_is_not_wished_every_stage_goes_through_the_queue(self, chain, deps, submit, disc):
        settings = deps.settings.model_copy(update={"chain_stages": False})
        chain = Chain(WORK, replace(deps, settings=settings), chain._heartbeat)
        chain.serve(QUEUES)
        chain.run(submit(disc).step)
        assert [ring.step.name for ring in deps.queue.rings] == ["render"]

    def test_a_failure_is_the_end(self, chain, deps, submit, disc):
        chain.serve(QUEUES)
        chain.run(submit(np.zeros_like(disc)).step)
        assert deps.jobs.get("job_1").error.code == "no_subject"
        assert deps.queue.rings == []
