"""Every effect is shown and explained as the code has it."""

import pytest
from PIL import Image
from pydantic import TypeAdapter

from docs.effect_previews import PICTURES, ROOT
from docs.effects_page import EXAMPLES, type_of
from shared.spec.effects import EFFECTS, EffectSpec

TYPES = [type_of(effect) for effect in EFFECTS]
MOST_BYTES = 60_000


@pytest.mark.parametrize("name", TYPES)
def test_each_effect_has_its_preview_row_and_section(name):
    text = (ROOT / "docs" / "effects.md").read_text()
    assert f"| ![{name}](pictures/effects/{name}.jpg) |" in text
    assert f"\n## {name}\n" in text
    picture = PICTURES / f"{name}.jpg"
    assert picture.stat().st_size < MOST_BYTES
    with Image.open(picture) as image:
        assert 100 <= max(image.size) <= 400


@pytest.mark.parametrize("name", TYPES)
def test_each_preview_is_of_its_effect(name):
    asked = TypeAdapter(list[EffectSpec]).validate_python(EXAMPLES[name])
    assert name in [spec.type for spec in asked]


def test_no_picture_is_left_over():
    assert {path.stem for path in PICTURES.iterdir()} == {*TYPES, "photo"}
    assert list(EXAMPLES) == TYPES
