"""What no decorator can say in the OpenAPI document: a body in two media types, and problem documents."""

from typing import Any

from apiflask import APIFlask

from api.problems import MIME_TYPE, Problem
from api.receiving import JSON, MULTIPART
from shared.spec.job import JobSpec

_REF = "#/components/schemas/{model}"


def register_openapi(app: APIFlask) -> None:
    """Complete the document that `app` makes of its routes."""

    @app.spec_processor
    def complete(document: dict[str, Any] | str) -> dict[str, Any] | str:
        assert isinstance(document, dict)  # noqa: S101 it is text only where the path ends in .yaml
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (JobSpec, Problem):
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        document["paths"]["/v1/jobs"]["post"]["requestBody"] = _job_body()
        for operations in document["paths"].values():
            for operation in operations.values():
                _describe_problems(operation)
        return document


def _job_body() -> dict[str, Any]:
    job_spec = {"$ref": _REF.format(model="JobSpec")}
    picture = {"type": "string", "format": "binary", "description": "The picture."}
    form = {"type": "object", "required": ["image"], "properties": {"image": picture, "spec": job_spec}}
    multipart = {"schema": form, "encoding": {"spec": {"contentType": JSON}}}
    return {"required": True, "content": {MULTIPART: multipart, JSON: {"schema": job_spec}}}


def _describe_problems(operation: dict[str, Any]) -> None:
    for status, answer in operation.get("responses", {}).items():
        if status >= "400":
            answer["content"] = {MIME_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
