"""What a process that reads records for ever keeps of them."""

import gc
import sys

import pytest

from shared.ids import new_id
from shared.jobs.results import InputFacts
from shared.spec.job import JobSpec

JOBS = 2000


def a_result():
    key = f"t/local/{new_id('job')}/input"
    facts = InputFacts(key=key, width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
    return InputFacts, facts.model_dump_json()


def a_spec():
    return JobSpec, JobSpec(input={"job_id": new_id("job")}).model_dump_json()


@pytest.mark.parametrize("made", [a_result, a_spec])
def test_nothing_is_kept_of_what_was_read(made):
    """Pydantic keeps the strings that it has met, unless it is told not to: one object for each job here."""
    texts = [made() for _ in range(JOBS)]
    model, text = texts[0]
    model.model_validate_json(text)
    gc.collect()
    before = sys.getallocatedblocks()
    for model, text in texts:
        model.model_validate_json(text)
    gc.collect()
    assert sys.getallocatedblocks() - before < JOBS / 10
