"""The mask options' bounds and preset."""

import pytest
from pydantic import ValidationError

from shared.spec.mask import MaskSpec


def test_a_preset_sets_what_is_not_given():
    spec = MaskSpec(preset="clean", threshold=0.4)

    assert (spec.threshold, spec.contrast_boost) == (0.4, 4.0)
    assert (spec.cleanup_kernel_size, spec.hard_floor) == (5, 0.25)


def test_what_is_recorded_is_read_back_unchanged():
    spec = MaskSpec(preset="clean", contrast_boost=None, strokes=[{"mode": "keep", "points": [[1, 2]]}])

    assert MaskSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("preset", "dirty"),
        ("threshold", 1.1),
        ("threshold", -0.1),
        ("contrast_boost", 0),
        ("contrast_boost", 51),
        ("hard_floor", 2),
        ("cleanup_kernel_size", 4),
        ("cleanup_kernel_size", 101),
        ("cleanup_kernel_size", -1),
        ("grow", 101),
        ("grow", 0.5),
        ("feather", 101),
        ("feather", float("nan")),
        ("strokes", [{"mode": "keep", "points": []}]),
        ("strokes", [{"mode": "paint", "points": [[0, 0]]}]),
        ("strokes", [{"mode": "keep", "radius": 0, "points": [[0, 0]]}]),
        ("strokes", [{"mode": "keep", "points": [[0, 0, 0]]}]),
    ],
    ids=str,
)
def test_what_is_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ValidationError) as refusal:
        MaskSpec.model_validate({field: value})

    assert refusal.value.errors()[0]["loc"][0] == field
