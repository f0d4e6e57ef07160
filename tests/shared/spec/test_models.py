"""Which models a job may compare."""

import pytest
from pydantic import ValidationError

from shared.licensing import refused
from shared.settings import Settings
from shared.spec.job import JobSpec, Stage

TWO = ["u2netp", "imgly-medium"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"models": ["u2netp"]}, "at least two"),
        ({"models": ["u2netp", "u2netp"]}, "each once"),
        ({"models": ["u2netp", "no-such"]}, "unknown model no-such"),
        ({"models": ["auto", "u2netp"]}, "unknown model auto"),
        ({"models": [f"m{n}" for n in range(11)]}, "at most 10"),
        ({"models": TWO, "model": "u2netp"}, "leave out model"),
        ({"models": TWO, "variants": [{"name": "a"}]}, "leave them out"),
        ({"models": TWO, "upscale": {"scale": 2}}, "leave it out"),
    ],
)
def test_what_cannot_be_compared_is_refused(spec, words):
    with pytest.raises(ValidationError, match=words):
        JobSpec.model_validate(spec)


def test_a_comparison_has_a_part_for_each_model_and_one_for_all():
    spec = JobSpec.model_validate({"models": TWO})
    assert spec.parts(Stage.SEGMENT) == tuple(TWO)
    assert spec.parts(Stage.RENDER) == (*TWO, "comparison")
    assert spec.parts(Stage.INGEST) == ()


def test_a_matte_that_is_there_already_is_none_of_a_comparison_s():
    spec = JobSpec.model_validate({"models": TWO})
    assert Stage.SEGMENT in spec.stages(has_picture=True, has_matte=True)


def test_a_server_for_commercial_use_refuses_the_others_and_names_the_field():
    settings = Settings(commercial_only=True)
    asked = {"models": ["u2netp", "rmbg-1.4", "isnet-general-use"]}
    said = dict(refused(JobSpec.model_validate(asked), settings))
    assert set(said) == {"/models/1", "/models/2"}
    assert "bria-rmbg-1.4" in said["/models/1"]
    assert next(iter(refused(JobSpec(model="rmbg-2.0"), settings)))[0] == "/model"
    fba = JobSpec.model_validate({"model": "u2netp", "refine": {"method": "fba"}})
    assert [field for field, _ in refused(fba, settings)] == ["/refine/method"]
    assert list(refused(JobSpec(model="u2netp"), settings)) == []
    assert list(refused(JobSpec(model="rmbg-2.0"), Settings())) == []
