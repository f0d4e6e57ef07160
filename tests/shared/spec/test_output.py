"""What may be asked of the result file."""

import pytest
from pydantic import ValidationError

from shared.spec.output import OutputSpec


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"format": "bmp"}, "format"),
        ({"quality": 0}, "quality"),
        ({"quality": 101}, "quality"),
        ({"channels": "rgb"}, "channels"),
        ({"channels": "alpha", "format": "zip"}, "channels"),
        ({"channels": "alpha", "format": "psd"}, "channels"),
        ({"bit_depth": 12}, "bit_depth"),
        ({"bit_depth": 16, "format": "jpeg"}, "bit_depth"),
        ({"bit_depth": 16, "format": "webp"}, "bit_depth"),
        ({"crop_margin": 50.1}, "crop_margin"),
        ({"crop_margins": ["1px", "1px", "1px"]}, "crop_margins"),
        ({"crop_margins": ["1", "1px", "1px", "1px"]}, "crop_margins"),
        ({"crop_margins": ["-1px", "1px", "1px", "1px"]}, "crop_margins"),
        ({"crop_margins": ["501px", "1px", "1px", "1px"]}, "crop_margins"),
        ({"crop_margins": ["50.1%", "1px", "1px", "1px"]}, "crop_margins"),
        ({"crop_margin": 1, "crop_margins": ["1px", "1px", "1px", "1px"]}, "crop_margins"),
        ({"position": [50]}, "position"),
        ({"position": [50, 100.1]}, "position"),
        ({"canvas": [0, 10]}, "canvas"),
        ({"canvas": [10, 16_385]}, "canvas"),
        ({"canvas": [10]}, "canvas"),
        ({"canvas": [16_000, 16_000]}, "canvas"),
        ({"position": "middle"}, "position"),
        ({"scale": 9.9}, "scale"),
        ({"scale": 100.1}, "scale"),
        ({"max_megapixels": 0}, "max_megapixels"),
        ({"max_megapixels": 50.1}, "max_megapixels"),
        ({"on_empty": "cry"}, "on_empty"),
        ({"metadata": "some"}, "metadata"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_a_mistake_is_told_with_its_field(asked, field):
    with pytest.raises(ValidationError) as refused:
        OutputSpec.model_validate(asked)
    assert {mistake["loc"][0] for mistake in refused.value.errors()} == {field}


def test_every_field_is_explained():
    assert [name for name, field in OutputSpec.model_fields.items() if not field.description] == []


def test_what_is_recorded_is_read_back_unchanged():
    spec = OutputSpec(canvas=(30, 20), scale=85, position="bottom", bit_depth=16, metadata="keep")
    assert OutputSpec.model_validate_json(spec.model_dump_json()) == spec
    spec = OutputSpec(position=(12.5, 100), crop_margins=("500px", "50%", "0px", "1.5%"))
    assert OutputSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_extra_files_are_named():
    assert OutputSpec().extras == ()
    assert set(OutputSpec(include_matte=True, preview=True).extras) == {"matte", "preview"}
