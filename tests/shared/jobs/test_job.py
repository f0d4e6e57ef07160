"""What a job says of itself."""

import pytest

from shared.jobs.job import Status, Step
from shared.spec.job import Stage


@pytest.mark.parametrize("status", Status)
def test_only_queued_and_running_jobs_have_a_future(status):
    assert status.is_final == (status not in (Status.QUEUED, Status.RUNNING))


@pytest.mark.parametrize("step", [Step("job_1", Stage.SEGMENT), Step("job_1", Stage.SEGMENT, "isnet")])
def test_a_step_is_found_again_by_its_name(step):
    assert Step.parse("job_1", step.name) == step


def test_an_unknown_stage_is_no_step():
    with pytest.raises(ValueError, match="paint"):
        Step.parse("job_1", "paint")
