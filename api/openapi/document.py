"""What no decorator can say in the OpenAPI document: bodies, headers, keys, and problems as they are."""

from collections.abc import Iterator
from typing import Any

from apiflask import APIFlask
from flask import Flask
from pydantic import BaseModel

from api.callers.idempotency import HEADER, KEY_PATTERN
from api.intake.receiving import JSON, MULTIPART
from api.intake.uploads import MANIFEST
from api.openapi.names import merge_names
from api.openapi.words import (
    ANSWER_HEADERS,
    BODIES,
    DESCRIPTION,
    EVERY_ANSWER,
    JSON_ANSWERS,
    KEYED_ANSWERS,
    OPEN_TAGS,
    PATH_PARAMETERS,
    REQUEST_HEADERS,
    SECURITY_SCHEMES,
    TEXT_ANSWERS,
)
from api.problems import MIME_TYPE, Problem, problem_responses
from api.removebg.described import removebg_paths, removebg_schemas
from shared.settings import Settings
from shared.spec.job import JobSpec

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_RETRY = ("429", "503")
_ONLY_LOOKING = ("GET", "HEAD")


def register_openapi(app: APIFlask, settings: Settings) -> None:
    """Complete the document that `app` makes of its routes."""
    app.description = DESCRIPTION
    asks_for_keys = settings.auth == "keys"

    @app.spec_processor
    def complete(document: Document | str) -> Document | str:
        assert isinstance(document, dict)  # noqa: S101 it is text only where the path ends in .yaml
        components = document.setdefault("components", {})
        if asks_for_keys:
            components["securitySchemes"] = SECURITY_SCHEMES
            document["security"] = [{name: []} for name in SECURITY_SCHEMES]
        models: tuple[type[BaseModel], ...] = (JobSpec, Problem, *BODIES.values())
        for model in models:
            _add_schema(components.setdefault("schemas", {}), model)
        components["schemas"].pop("HTTPError", None)
        # Only a manifest may be longer than a picture.
        components["schemas"]["UploadSpec"] |= {
            "if": {"properties": {"content_type": {"const": MANIFEST}}},
            "else": {"properties": {"bytes": {"maximum": settings.max_bytes}}},
        }
        document["paths"] = _in_order(document["paths"], app)
        for path, method, operation in _operations(document):
            _complete(operation, path, method, is_keyed=asks_for_keys and operation["tags"] != OPEN_TAGS)
        _add_removebg(document, is_keyed=asks_for_keys)
        return merge_names(document)


def _add_removebg(document: Document, *, is_keyed: bool) -> None:
    """What answers as remove.bg does: no problem documents there."""
    document["components"]["schemas"] |= removebg_schemas()
    for path, operations in removebg_paths(is_keyed=is_keyed).items():
        document["paths"][path] = operations
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                said = EVERY_ANSWER | (KEYED_ANSWERS if is_keyed and status != "403" else {})
                answer["headers"] = answer.get("headers", {}) | _told(said)


def _complete(operation: Document, path: str, method: str, *, is_keyed: bool) -> None:
    name, answers = operation["operationId"], operation["responses"]
    _add_parameters(operation, path)
    if name in BODIES:
        operation["requestBody"] = _json_body(BODIES[name])
    if name == "createJob":
        operation["requestBody"] = _job_body()
    elif name == "createBatch":
        operation["requestBody"] = _batch_body()
    if is_keyed:
        answers |= _missing(answers, 401, 429, *(() if method in _ONLY_LOOKING else (403,)))
    elif operation["tags"] == OPEN_TAGS:
        operation["security"] = []
    answers |= _missing(answers, 500, 503)
    for status, answer in answers.items():
        _describe(answer, status, name, is_keyed=is_keyed)
    operation["responses"] = dict(sorted(answers.items()))


def _add_schema(schemas: Document, model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template=_REF)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema


def _in_order(paths: Document, app: Flask) -> Document:
    """As the routes are registered: what one meets first comes first."""
    rules = [str(rule.rule).replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()]
    return dict(sorted(paths.items(), key=lambda item: rules.index(item[0])))


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict):
                yield path, method.upper(), operation


def _add_parameters(operation: Document, path: str) -> None:
    parameters = [one for one in operation.get("parameters", []) if one["in"] != "path"]
    for parameter in parameters:
        _say_once(parameter)
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in PATH_PARAMETERS.items()
        if f"{{{name}}}" in path
    ]
    asked = [
        {"name": name, "in": "header", "required": False, "description": text, "schema": _header(name)}
        for name, text in REQUEST_HEADERS.get(operation["operationId"], {}).items()
    ]
    operation["parameters"] = [*in_path, *parameters, *asked]


def _header(name: str) -> Document:
    return {"type": "string", **({"pattern": KEY_PATTERN} if name == HEADER else {})}


def _say_once(parameter: Document) -> None:
    """A parameter that may be left out cannot be sent as null; its words belong to it, not to its schema."""
    schema = parameter["schema"]
    parameter.setdefault("description", schema.pop("description", ""))
    schema.pop("title", None)
    if "anyOf" in schema:
        (kind,) = (one for one in schema.pop("anyOf") if one.get("type") != "null")
        schema |= kind
    if schema.get("default", ...) is None:
        del schema["default"]


def _missing(answers: Document, *statuses: int) -> Document:
    return {
        str(status): {"description": text}
        for status, text in problem_responses(*statuses).items()
        if str(status) not in answers
    }


def _describe(answer: Document, status: str, operation_id: str, *, is_keyed: bool) -> None:
    if status >= "400":
        answer["content"] = {MIME_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    elif status.startswith("3") or status == "204":
        answer.pop("content", None)
    elif (operation_id, status) in TEXT_ANSWERS:
        answer["content"] = {TEXT_ANSWERS[operation_id, status]: {"schema": {"type": "string"}}}
    elif (operation_id, status) in JSON_ANSWERS:
        schema = {"$ref": _REF.format(model=JSON_ANSWERS[operation_id, status])}
        answer["content"] = {JSON: {"schema": schema}}
    said = EVERY_ANSWER | (KEYED_ANSWERS if is_keyed and status != "401" else {})
    said |= ANSWER_HEADERS.get((operation_id, status), {})
    if status in _RETRY:
        said["Retry-After"] = "When to ask again, in seconds."
    if status == "401":
        said["WWW-Authenticate"] = "`Bearer`."
    answer["headers"] = _told(said)


def _told(headers: dict[str, str]) -> Document:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}


def _json_body(model: type[BaseModel]) -> Document:
    return {"required": True, "content": {JSON: {"schema": {"$ref": _REF.format(model=model.__name__)}}}}


def _job_body() -> Document:
    job_spec = {"$ref": _REF.format(model="JobSpec")}
    picture = {"type": "string", "format": "binary", "description": "The picture."}
    form = {
        "type": "object",
        "required": ["image"],
        "properties": {"image": picture, "spec": job_spec},
        "additionalProperties": False,
    }
    multipart = {"schema": form, "encoding": {"spec": {"contentType": JSON}}}
    return {"required": True, "content": {MULTIPART: multipart, JSON: {"schema": job_spec}}}


def _batch_body() -> Document:
    lines = {
        "type": "string",
        "description": "A JobSpec on each line, with `input` and perhaps a `custom_id`.",
    }
    body = {"type": "object", "description": "`items` or `manifest_upload_id`, and perhaps `defaults`."}
    return {"required": True, "content": {"application/x-ndjson": {"schema": lines}, JSON: {"schema": body}}}
