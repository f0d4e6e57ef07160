"""Several renderings of one matte: how they are asked for, and what excludes them."""

import pytest
from pydantic import ValidationError

from shared.spec.job import JobSpec, Stage

TWO = [{"name": "plain"}, {"name": "shop-1", "output": {"format": "jpeg", "include_matte": True}}]


def test_each_variant_is_a_part_of_the_render_stage():
    spec = JobSpec.model_validate({"variants": TWO})
    assert spec.parts(Stage.RENDER) == ("plain", "shop-1")
    assert spec.parts(Stage.SEGMENT) == ()
    assert spec.variant("shop-1").output.format == "jpeg"


def test_a_job_without_variants_has_one_rendering_called_image():
    spec = JobSpec.model_validate({"effects": [{"type": "outline"}], "output": {"format": "webp"}})
    only = spec.variant("")
    assert spec.parts(Stage.RENDER) == ()
    assert (only.name, only.effects, only.output) == ("image", spec.effects, spec.output)


def test_what_is_recorded_is_read_back_unchanged():
    spec = JobSpec.model_validate({"variants": TWO})
    assert JobSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"variants": TWO, "effects": [{"type": "outline"}]}, ("variants",)),
        ({"variants": TWO, "output": {"format": "webp"}}, ("output",)),
        ({"variants": [{"name": str(number)} for number in range(11)]}, ("variants",)),
        ({"variants": [{"name": "a"}, {"name": "a"}]}, ("variants",)),
        (
            {"variants": [{"name": "a", "output": {"include_matte": True}}, {"name": "a-matte"}]},
            ("variants",),
        ),
        ({"variants": [{"name": "a", "output": {"on_empty": "original"}}, {"name": "b"}]}, ("variants",)),
        ({"variants": [{}]}, ("variants", 0, "name")),
        ({"variants": [{"name": "a/b"}]}, ("variants", 0, "name")),
        ({"variants": [{"name": "-a"}]}, ("variants", 0, "name")),
        ({"variants": [{"name": "a\n"}]}, ("variants", 0, "name")),
        ({"variants": [{"name": ""}]}, ("variants", 0, "name")),
        ({"variants": [{"name": "a", "model": "auto"}]}, ("variants", 0, "model")),
        ({"variants": [{"name": "a", "output": {"quality": 0}}]}, ("variants", 0, "output", "quality")),
    ],
    ids=str,
)
def test_a_mistake_is_told_with_its_field(asked, field):
    with pytest.raises(ValidationError) as refused:
        JobSpec.model_validate(asked)
    assert [mistake["loc"] for mistake in refused.value.errors()] == [field]


def test_what_to_do_without_a_subject_is_one_question_for_all():
    empty = {"on_empty": "transparent"}
    assert JobSpec.model_validate({"output": empty}).on_empty == "transparent"
    assert JobSpec.model_validate({"variants": [{"name": "a", "output": empty}]}).on_empty == "transparent"
