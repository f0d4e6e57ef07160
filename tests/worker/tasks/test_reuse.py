"""The segment stage is spared where its matte is known."""

import pytest

from shared.jobs.job import Claim
from shared.jobs.results import Segmented
from worker.tasks import segment
from worker.tasks.reuse import ReusingMattes


@pytest.fixture
def work():
    """The segment stage, and how often its network was asked."""

    class Counting:
        count = 0

        def __call__(self, *args):
            self.count += 1
            return segment.run(*args)

    inner = Counting()
    return ReusingMattes(inner), inner


def segmented(work, deps, rings, job_id="job_1"):
    claim = deps.jobs.claim(rings[0].step)
    assert isinstance(claim, Claim)
    result = work(claim.job, claim.step, deps, lambda _fraction: None)
    assert isinstance(result, Segmented)
    deps.jobs.commit(claim, result, 5000)
    return result


def test_the_second_job_of_a_photo_takes_the_first_one_s_matte(work, deps, submit, disc):
    reusing, inner = work
    first = segmented(reusing, deps, [submit(disc)])
    job = deps.jobs.get("job_1")
    rings = deps.jobs.create("job_2", job.tenant, job.spec, job.posted_input, "").rings
    second = segmented(reusing, deps, rings)
    assert (inner.count, second.reused_matte_of) == (1, "job_1")
    assert second.matte_key != first.matte_key
    assert (deps.artefacts.matte(second.matte_key) == deps.artefacts.matte(first.matte_key)).all()


def test_other_options_make_another(work, deps, submit, disc):
    reusing, inner = work
    segmented(reusing, deps, [submit(disc)])
    job = deps.jobs.get("job_1")
    spec = job.spec.model_copy(update={"model": "imgly-small"})
    second = segmented(reusing, deps, deps.jobs.create("job_2", job.tenant, spec, job.posted_input, "").rings)
    assert (inner.count, second.reused_matte_of) == (2, None)
