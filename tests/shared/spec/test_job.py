"""The whole specification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.spec.job import JobSpec, Stage

URL = "https://example.com/cat.jpg"


def test_an_empty_specification_has_every_default_written_out():
    written = JobSpec().model_dump(mode="json")
    assert written["model"] == "auto"
    assert written["output"]["format"] == "png"
    assert JobSpec.model_validate(written) == JobSpec()


@pytest.mark.parametrize(
    ("asked", "has_picture", "stages"),
    [
        ({}, True, "segment render"),
        ({"upscale": {}}, True, "segment upscale render"),
        ({"input": {"url": URL}}, False, "ingest segment render"),
        ({"input": {"url": URL}, "upscale": {}}, False, "ingest segment upscale render"),
    ],
)
def test_only_the_stages_that_are_needed_run(asked, has_picture, stages):
    assert JobSpec.model_validate(asked).stages(has_picture=has_picture) == tuple(map(Stage, stages.split()))


@pytest.mark.parametrize(
    "asked",
    [
        {"colour": "red"},
        {"output": {"colour": "red"}},
        {"model": "u2net-of-mars"},
        {"upscale": {"scale": 1.4}},
        {"upscale": {"scale": 4.1}},
        {"upscale": {"scale": "NaN"}},
        {"output": {"quality": 0}},
        {"output": {"quality": 101}},
        {"output": {"format": "tga"}},
        {"input": {}},
        {"input": {"url": "ftp://example.com/a"}},
        {"effects": [{}]},
        {"effects": [{"type": "drop_shadow"}] * 21},
        {"priority": "asap"},
        {"metadata": {"k": 1}},
        {"metadata": {"k": "v" * 501}},
        {"metadata": {str(number): "" for number in range(21)}},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(asked):
    with pytest.raises(ValidationError):
        JobSpec.model_validate(asked)


def test_a_specification_cannot_be_changed():
    with pytest.raises(ValidationError):
        JobSpec().model = "imgly-small"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "upscale": st.fixed_dictionaries({"scale": st.floats(1.5, 4.0)}),
            "metadata": st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=5),
            "priority": st.sampled_from(["interactive", "bulk"]),
            "effects": st.lists(
                st.fixed_dictionaries({"type": st.just("outline"), "width": st.floats(0.05, 10.0)}),
                max_size=3,
            ),
        },
    )
)
def test_what_is_recorded_is_read_back_unchanged(asked):
    spec = JobSpec.model_validate(asked)
    assert JobSpec.model_validate_json(spec.model_dump_json()) == spec
