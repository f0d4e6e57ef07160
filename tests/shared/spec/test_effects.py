"""The effects' parameters."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.spec.effects import EFFECTS, BackgroundSpec, CanvasSpec, EffectSpec

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
        "desaturate",
    ]


def bounded_fields():
    """Every number of every effect, with values that are just too small and just too large."""
    for effect in EFFECTS:
        name = effect.model_fields["type"].default
        for field, schema in effect.model_json_schema()["properties"].items():
            for kind in schema.get("anyOf", [schema]):
                if kind.get("type") not in ("number", "integer"):
                    continue
                step = 1 if kind["type"] == "integer" else 0.001
                for value in (kind["minimum"] - step, kind["maximum"] + step, "nan", "much"):
                    yield name, field, value


@pytest.mark.parametrize(("name", "field", "value"), list(bounded_fields()))
def test_a_value_out_of_range_is_told_with_its_field(name, field, value):
    with pytest.raises(ValidationError) as refused:
        PARSE({"type": name, field: value})
    assert field in {str(part) for mistake in refused.value.errors() for part in mistake["loc"]}


@pytest.mark.parametrize("spec", EFFECTS)
def test_a_parameter_that_does_not_exist_is_refused(spec):
    with pytest.raises(ValidationError, match="colour"):
        PARSE({"type": spec.model_fields["type"].default, "colour": "#fff"})


class TestCanvas:
    """Sizes, shapes and presets."""

    def test_a_preset_is_written_out_and_what_is_given_counts_more(self):
        spec = CanvasSpec(preset="marketplace", margin=2)
        assert (spec.aspect, spec.margin, spec.position) == ("1:1", 2, "center")
        assert CanvasSpec.model_validate(spec.model_dump(mode="json")) == spec
        assert CanvasSpec(preset="passport").position == "bottom"

    @pytest.mark.parametrize(
        ("asked", "size"),
        [
            ({}, None),
            ({"aspect": "4:5"}, None),
            ({"width": 30, "height": 20}, (30, 20)),
            ({"width": 30, "aspect": "3:2"}, (30, 20)),
            ({"height": 20, "aspect": "3:2"}, (30, 20)),
            ({"width": 30, "height": 20, "preset": "marketplace"}, (30, 20)),
            ({"width": 1, "aspect": "20:1"}, (1, 1)),
        ],
    )
    def test_one_side_follows_from_the_other_and_the_aspect(self, asked, size):
        assert CanvasSpec(**asked).size == size

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"aspect": "21:1"}, "aspect"),
            ({"aspect": "1:21"}, "aspect"),
            ({"aspect": "0:1"}, "aspect"),
            ({"aspect": "4/5"}, "aspect"),
            ({"aspect": "4:5\n"}, "aspect"),
            ({"width": 16_000, "height": 16_000}, "height"),
            ({"width": 16_000, "aspect": "1:1"}, "aspect"),
            ({"preset": "a poster"}, "preset"),
            ({"position": "upstairs"}, "position"),
        ],
    )
    def test_what_cannot_be_is_told_with_its_field(self, asked, field):
        with pytest.raises(ValidationError) as refused:
            PARSE({"type": "canvas", **asked})
        assert {mistake["loc"] for mistake in refused.value.errors()} == {("canvas", field)}

    def test_one_side_alone_is_no_size(self):
        with pytest.raises(ValidationError, match="width and height"):
            CanvasSpec(width=100)
