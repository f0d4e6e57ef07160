"""The bounds of refinement."""

import pytest
from pydantic import ValidationError

from shared.spec.refine import RefineSpec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "magic"),
        ("radius", 0),
        ("radius", 17),
        ("radius", 1.5),
        ("epsilon", 0),
        ("epsilon", 1.1),
        ("decontaminate", "perhaps"),
    ],
    ids=str,
)
def test_what_is_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ValidationError) as refusal:
        RefineSpec.model_validate({field: value})

    assert refusal.value.errors()[0]["loc"] == (field,)
