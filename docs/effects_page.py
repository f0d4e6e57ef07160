"""docs/effects.md: what each effect does, and what its preview was asked for."""

import json
from collections.abc import Iterator
from typing import Any

from shared.spec.base import Spec
from shared.spec.effects import EFFECTS

Asked = list[dict[str, Any]]
_SLATE: Asked = [{"type": "background", "color": "#3d4f63"}]
EXAMPLES: dict[str, Asked] = {
    "background": [{"type": "background", "desaturate": 1}],
    "drop_shadow": [{"type": "drop_shadow"}],
    "contact_shadow": [{"type": "contact_shadow"}],
    "reflection": [{"type": "reflection"}],
    "outline": [{"type": "outline", "width": 1.2}, *_SLATE],
    "glow": [{"type": "glow"}, *_SLATE],
    "feather_edges": [{"type": "feather_edges", "width": 3}, *_SLATE],
    "color_grade": [{"type": "color_grade", "brightness": 0.2, "saturation": -0.4, "temperature": -0.6}],
    "duotone": [{"type": "duotone"}],
    "pixelate_background": [{"type": "pixelate_background"}],
    "crop_to_subject": [{"type": "crop_to_subject", "margin": 4}],
    "canvas": [{"type": "canvas", "preset": "marketplace"}, {"type": "contact_shadow", "length": 0}],
}
"""What is asked for in each preview, by effect."""

_HEAD = """\
# Effects

`effects` of a job is a list, applied in its order to the finished cut-out: `{"effects": [{"type": "outline"},
{"type": "drop_shadow"}, {"type": "background", "color": "#fff"}]}`. What goes behind the subject lies on what is
there already, so a background comes last; what cuts or places the subject (`crop_to_subject`, `canvas`) comes first.
Lengths are in percent of the photo's longer side, so that a shadow looks the same whatever the photo's size, before
and after a crop. Colours mean sRGB, whatever the photo's own profile. What is painted outside the canvas makes it
grow, unless `output.canvas` fixes the size. `GET /v1/effects` gives all this as JSON Schema.

![The photo](pictures/effects/photo.jpg)

Written by `python -m docs.generate` from `shared/spec/effects/`, the pictures by `python -m docs.effect_previews`;
the photo is `coffee` by Rachel Michetti and the Pikolo Espresso Bar (CC0).

| | Effect | |
| --- | --- | --- |
"""


def effects_page() -> str:
    """The text of docs/effects.md."""
    return (
        _HEAD + "".join(_row(effect) for effect in EFFECTS) + "".join(_section(effect) for effect in EFFECTS)
    )


def type_of(effect: type[Spec]) -> str:
    """The name by which the effect is asked for."""
    return str(effect.model_fields["type"].default)


def _row(effect: type[Spec]) -> str:
    name = type_of(effect)
    first = (effect.__doc__ or "").splitlines()[0]
    return f"| ![{name}](pictures/effects/{name}.jpg) | [`{name}`](#{name}) | {first} |\n"


def _section(effect: type[Spec]) -> str:
    name, schema = type_of(effect), effect.model_json_schema()
    said = "\n".join(line.strip() for line in (effect.__doc__ or "").splitlines())
    tables = [_table(name, schema)]
    tables += [_table(f"{part} of `{name}`", schema["$defs"][kind]) for part, kind in _parts(schema)]
    return f"\n## {name}\n\n{said}\n\nIn the picture: `{json.dumps(EXAMPLES[name])}`\n" + "".join(tables)


def _parts(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Parameters that are objects of their own, and what they are called."""
    for name, field in schema["properties"].items():
        for kind in field.get("anyOf", []):
            if "$ref" in kind:
                yield f"`{name}`", kind["$ref"].rpartition("/")[2]


def _table(title: str, schema: dict[str, Any]) -> str:
    fields = {name: field for name, field in schema["properties"].items() if name != "type"}
    rows = "".join(
        f"| `{name}` | {_default(field)} | {_range(field)} | {' '.join(field.get('description', '').split())} |\n"
        for name, field in fields.items()
    )
    return f"\n| {title} | Default | Range | |\n| --- | --- | --- | --- |\n{rows}"


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None else f"`{default}`"


def _range(field: dict[str, Any]) -> str:
    for kind in field.get("anyOf", [field]):
        if "minimum" in kind:
            return f"{kind['minimum']:g} to {kind['maximum']:g}"
        if "enum" in kind:
            return ", ".join(f"`{value}`" for value in kind["enum"])
        if kind.get("format") == "color":
            return "`#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`"
    return ""
