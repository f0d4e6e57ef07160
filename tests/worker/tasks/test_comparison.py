"""A comparison: a matte by each model side by side, an output of each, and what they say together."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from shared.catalog import CARDS
from shared.errors import ModelUnavailable
from shared.jobs.job import Status
from shared.spec.job import Stage
from shared.views.job import job_view
from shared.views.outlook import Outlook
from tests.worker.tasks.conftest import BrightIsSubject, NoWeights
from worker.models import Models
from worker.segmentation.segmenter import Segmenter
from worker.tasks import render, segment
from worker.tasks.chain import Chain
from worker.tasks.lease import Heartbeat

MODELS = ("u2netp", "rmbg-1.4", "imgly-medium")
WORK = {Stage.SEGMENT: segment.run, Stage.RENDER: render.run}


class LeftHalf(BrightIsSubject):
    """Sees another subject than the others."""

    def infer(self, batch):
        matte = super().infer(batch)
        matte[:, matte.shape[1] // 2 :] = 0
        return matte


@pytest.fixture
def compare(deps, settings, submit_all, disc):
    """Run a comparison in which each model is this family, or fails; returns the job."""

    def compare(families, models=MODELS, **spec):
        def load(card, file):
            made = families.get(card.name, BrightIsSubject)
            if isinstance(made, Exception):
                raise made
            return Segmenter(card, made(), made())

        weights = NoWeights(settings.model_cache, None)
        here = replace(deps, segmenters=Models(CARDS, "cpu", weights, load))
        heartbeat = Heartbeat(60)
        chain = Chain(WORK, here, heartbeat)
        waiting = [ring.step for ring in submit_all(disc, models=list(models), **spec)]
        assert [step.name for step in waiting] == [f"segment/{name}" for name in models]
        while waiting:
            chain.run(waiting.pop())
            waiting += [ring.step for ring in (*here.queue.rings, *here.jobs.due(20))]
            here.queue.rings.clear()
        heartbeat.stop()
        return here.jobs.get("job_1")

    return compare


def opened(deps, job, name):
    [file] = [file for file in job.outputs if file.name == name]
    return np.asarray(Image.open(io.BytesIO(deps.objects.open(file.key).read())))


def test_each_model_gives_an_output_and_all_together_a_sheet_and_a_map(compare, deps):
    job = compare({})

    assert job.status is Status.SUCCEEDED, job.error
    assert [file.name for file in job.outputs] == [*MODELS, "comparison", "disagreement"]
    assert [file.model for file in job.outputs] == [*MODELS, "", ""]
    assert opened(deps, job, "rmbg-1.4")[30, 40].tolist() == [250, 220, 40, 255]
    assert opened(deps, job, "comparison").shape[1] == 3 * 492 + 12  # the photo, three models, the map
    assert opened(deps, job, "disagreement").shape[:2] == (60, 80)
    assert [used.name for used in job.models] == list(MODELS)
    assert job.rendered.agreement == dict.fromkeys(MODELS, 1.0)
    assert "models_disagree" not in job.rendered.flags


def test_the_same_effects_and_format_hold_for_every_model(compare, deps):
    job = compare({}, effects=[{"type": "background", "color": "#ff0000"}], output={"include_matte": True})

    assert [file.name for file in job.outputs][:2] == ["u2netp", "u2netp-matte"]
    assert opened(deps, job, "imgly-medium")[0, 0].tolist()[:3] == [255, 0, 0]


def test_one_that_sees_another_subject_agrees_least_and_is_flagged(compare, settings):
    job = compare({"rmbg-1.4": LeftHalf})

    view = job_view(job, Outlook(0, 0.0), settings, lambda file: file.key)
    shares = {one.name: one.agreement for one in view.models}
    assert shares["u2netp"] == 1 and 0.4 < shares["rmbg-1.4"] < 0.6
    assert "models_disagree" in view.quality.flags
    assert list(shares) == list(MODELS)
    assert all(one.seconds >= 0 for one in view.models)


def test_a_model_that_fails_is_left_out_and_says_why(compare, deps, settings):
    job = compare({"rmbg-1.4": ModelUnavailable("no source has it")})

    assert job.status is Status.SUCCEEDED, job.error
    assert [file.name for file in job.outputs] == ["u2netp", "imgly-medium", "comparison", "disagreement"]
    assert {step: error.code for step, error in job.failures.items()} == {
        "segment/rmbg-1.4": "model_unavailable"
    }
    assert "model_failed" in job.rendered.flags
    view = job_view(job, Outlook(0, 0.0), settings, lambda file: file.key)
    assert [(one.name, one.detail) for one in view.failures] == [("rmbg-1.4", "no source has it")]
    assert [one.name for one in view.models] == ["u2netp", "imgly-medium"]


def test_when_all_fail_the_job_does(compare):
    job = compare(dict.fromkeys(MODELS, ModelUnavailable("no source has it")))

    assert (job.status, job.error.code) == (Status.FAILED, "model_unavailable")
    assert job.models == () and job.outputs == ()
