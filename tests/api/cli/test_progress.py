"""A job as bars."""

import io

import pytest
from rich.console import Console

from api.cli.progress import StageBars, stage_share, stages_of

NONE = dict.fromkeys(("ingest", "segment", "upscale", "render"))


def a_job(**changed):
    job = {
        "id": "job_1", "status": "running", "stage": "segment", "progress": 0.0, "queue_position": 0,
        "spec": {"input": None, "upscale": None}, "timings_ms": NONE, "error": None,
    }  # fmt: skip
    return job | changed


@pytest.mark.parametrize(
    ("spec", "stages"),
    [
        ({"input": None, "upscale": None}, "segment render"),
        ({"input": {"url": "x"}, "upscale": {"scale": 2}}, "ingest segment upscale render"),
    ],
)
def test_only_the_stages_that_the_job_has(spec, stages):
    assert stages_of(a_job(spec=spec)) == stages.split()


@pytest.mark.parametrize(
    ("progress", "shares"), [(0.0, (0.0, 0.0)), (0.25, (0.5, 0.0)), (0.5, (1.0, 0.0)), (1.0, (1.0, 1.0))]
)
def test_progress_fills_one_stage_after_the_other(progress, shares):
    job = a_job(progress=progress)
    assert tuple(stage_share(job, stage) for stage in stages_of(job)) == shares


def test_a_stage_that_has_ended_is_full_even_in_a_job_that_failed():
    job = a_job(status="failed", stage=None, progress=0.0, timings_ms=NONE | {"segment": 900})
    assert [stage_share(job, stage) for stage in stages_of(job)] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        (a_job(status="queued", queue_position=3), "waiting, 3 before it"),
        (a_job(status="queued"), "waiting"),
        (a_job(stage="render", progress=0.5, timings_ms=NONE | {"segment": 1250}), "1.25 s"),
        (a_job(status="failed", stage=None, error={"code": "no_subject", "stage": "segment"}), "no_subject"),
    ],
)
def test_each_bar_says_what_matters(job, shown):
    console = Console(file=io.StringIO(), width=100)
    with StageBars(console) as bars:
        bars.show(a_job())
        bars.show(job)
    assert shown in console.file.getvalue()
