"""The bounds and presets of tweaks."""

import pytest
from pydantic import ValidationError

from shared.spec.tweak import TweakSpec

AMOUNTS = ("contrast", "denoise", "lift_shadows", "sharpen", "pad", "hint")


@pytest.mark.parametrize(
    "name", ["subject_is_dark", "edges_are_fuzzy", "noisy_phone_photo", "blends_into_background"]
)
def test_a_preset_sets_what_is_not_given(name):
    spec = TweakSpec(preset=name)
    changed = {amount for amount in AMOUNTS if getattr(spec, amount)}
    overridden = TweakSpec.model_validate({"preset": name, **dict.fromkeys(AMOUNTS, 0)})

    assert changed
    assert not any(getattr(overridden, amount) for amount in AMOUNTS)
    assert TweakSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("field", AMOUNTS)
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), "much"])
def test_what_is_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ValidationError) as refusal:
        TweakSpec.model_validate({field: value})

    assert refusal.value.errors()[0]["loc"] == (field,)


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValidationError):
        TweakSpec.model_validate({"preset": "make_it_pretty"})
