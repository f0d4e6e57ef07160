"""The API's reference page, written from the OpenAPI document that the server itself gives."""

from collections.abc import Iterator
from typing import Any, cast

from api.app import create_app
from api.deps import Deps
from api.openapi.words import EVERY_ANSWER, KEYED_ANSWERS
from shared.settings import Settings

Document = dict[str, Any]

_HEAD = """\
# HTTP API

What a running server tells under `/openapi.json` and `/docs`. Written by `python -m docs.generate` from the views,
specifications and routes that answer. The `code`s of problems are in [errors.md](errors.md).

"""
_EVERYWHERE = {**EVERY_ANSWER, **KEYED_ANSWERS}
"""Headers that need not be told again."""
_PREFIX = "#/components/schemas/"


def api_page() -> str:
    """The page."""
    # A description needs no Redis: nothing is connected until a route is called.
    app = create_app(Settings(auth="keys", counters_url="memory://"), cast(Deps, object()))
    return render(cast(Document, app.spec))


def render(document: Document) -> str:
    """The document for readers."""
    parts = [_HEAD, document["info"]["description"].strip(), "\n"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts += _operation(method, path, operation)
    parts.append("\n## Schemas\n")
    for name, schema in document["components"]["schemas"].items():
        parts += _schema(name, schema)
    return "".join(parts)


def _operation(method: str, path: str, operation: Document) -> Iterator[str]:
    yield f"\n## `{method.upper()} {path}`\n\n{operation['summary']}\n"
    if text := operation.get("description", "").strip():
        yield f"\n{text}\n"
    if parameters := operation.get("parameters"):
        yield "\n| Parameter | In | Type | Meaning |\n| --- | --- | --- | --- |\n"
        for one in parameters:
            meaning = _cell(one.get("description", ""))
            yield f"| `{one['name']}` | {one['in']} | {_kind(one['schema'])} | {meaning} |\n"
    if body := operation.get("requestBody"):
        yield "\nBody: " + "; ".join(_content(body["content"])) + ".\n"
    yield "\n| Answer | | Headers |\n| --- | --- | --- |\n"
    for status, answer in operation["responses"].items():
        told = "; ".join(_content(answer.get("content", {})))
        headers = ", ".join(f"`{name}`" for name in answer.get("headers", {}) if name not in _EVERYWHERE)
        said = _cell(answer["description"])
        yield f"| {status} | {said}{f' {told}' if told and status < '400' else ''} | {headers} |\n"


def _content(content: Document) -> Iterator[str]:
    for media_type, held in content.items():
        yield f"`{media_type}` ({_kind(held.get('schema', {}))})" if held.get("schema") else f"`{media_type}`"


def _schema(name: str, schema: Document) -> Iterator[str]:
    yield f"\n### {name}\n"
    if text := schema.get("description", "").strip():
        yield f"\n{text}\n"
    if "enum" in schema:
        yield f"\n{_kind(schema)}\n"
    if fields := schema.get("properties"):
        yield "\n| Field | Type | Default | Meaning |\n| --- | --- | --- | --- |\n"
        for field, held in fields.items():
            default = "required" if field in schema.get("required", ()) else _default(held)
            yield f"| `{field}` | {_kind(held)} | {default} | {_cell(held.get('description', ''))} |\n"


def _kind(schema: Document) -> str:
    """A type in a few words, with its bounds."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        return f"[{name}](#{name.lower()})"
    for joint in ("anyOf", "oneOf", "allOf"):
        if joint in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[joint]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_kind(schema['items'])}"
    return f"{schema.get('format') or schema.get('type', 'any')}{_bounds(schema)}"


def _bounds(schema: Document) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is None and most is None:
        return ""
    return f" {'' if least is None else least}–{'' if most is None else most}"


def _default(schema: Document) -> str:
    value = schema.get("default", ...)
    if value is ... or isinstance(value, dict | list):
        return ""
    return f"`{'null' if value is None else str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
