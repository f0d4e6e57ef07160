"""One name for one schema: the framework names a part of a view after the view that it found it in."""

import json
from collections import defaultdict
from typing import Any

Document = dict[str, Any]

_PREFIX = "#/components/schemas/"


def merge_names(document: Document) -> Document:
    """`JobView.Status` and `ListQuery.Status` become `Status` where they are the same."""
    names = _shorter(document["components"]["schemas"])
    document = _renamed(document, names)
    merged: Document = {}
    for name, schema in document["components"]["schemas"].items():
        merged.setdefault(names.get(name, name), schema)
    document["components"]["schemas"] = dict(sorted(merged.items()))
    return document


def _shorter(schemas: Document) -> dict[str, str]:
    """New names by old ones; a second name where the same words mean two things, as asked and as answered."""
    alike: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, schema in schemas.items():
        last = name.rpartition(".")[2]
        text = json.dumps(
            _renamed(schema, {other: other.rpartition(".")[2] for other in schemas}), sort_keys=True
        )
        alike[last][text].append(name)
    names: dict[str, str] = {}
    for last, groups in alike.items():
        for place, group in enumerate(sorted(groups.values(), key=lambda group: last not in group)):
            new = last if place == 0 else f"{last}Answer" if place == 1 else f"{last}Answer{place}"
            names |= {old: new for old in group if old != new and "." in old}
    return names


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _renamed(value, names) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(one, names) for one in part]
    if isinstance(part, str) and part.startswith(_PREFIX):
        name = part.removeprefix(_PREFIX)
        return _PREFIX + names.get(name, name)
    return part
