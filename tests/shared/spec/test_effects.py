"""The effects' parameters."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.spec.effects import EFFECTS, BackgroundSpec, EffectSpec

PARSE = TypeAdapter(EffectSpec).validate_python


@pytest.mark.parametrize("spec", EFFECTS)
def test_an_effect_is_chosen_by_its_type(spec):
    name = spec.model_fields["type"].default
    needed = {"color": "#fff"} if spec is BackgroundSpec else {}
    assert isinstance(PARSE({"type": name, **needed}), spec)


@pytest.mark.parametrize("spec", EFFECTS)
def test_every_parameter_is_explained(spec):
    undescribed = [
        name for name, field in spec.model_fields.items() if name != "type" and not field.description
    ]
    assert undescribed == []
    assert spec.__doc__


@pytest.mark.parametrize("color", ["#fff", "#ffff", "#C0FFEE", "#c0ffee80"])
def test_colors_are_hex(color):
    assert PARSE({"type": "outline", "color": color}).color == color


@pytest.mark.parametrize("color", ["red", "fff", "#ff", "#fffff", "#ggg", "#fff\n", ""])
def test_nothing_else_is_a_color(color):
    with pytest.raises(ValidationError):
        PARSE({"type": "outline", "color": color})


@pytest.mark.parametrize(
    "fills",
    [{}, {"color": "#fff", "blur": 2.0}, {"gradient": {}, "image": {"url": "https://example.com/a.png"}}],
)
def test_a_background_is_exactly_one_thing(fills):
    with pytest.raises(ValidationError, match="exactly one"):
        PARSE({"type": "background", **fills})


def test_a_colour_tells_forms_what_it_is():
    schema = BackgroundSpec.model_json_schema()
    assert schema["properties"]["color"]["anyOf"][0]["format"] == "color"


def test_fields_stand_in_the_order_they_are_declared():
    assert list(BackgroundSpec.model_json_schema()["properties"]) == [
        "type",
        "color",
        "gradient",
        "image",
        "blur",
    ]
