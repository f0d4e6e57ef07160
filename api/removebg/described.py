"""remove.bg's operations for the OpenAPI document, from the very models that read them; errors are as theirs."""

from typing import Annotated, Any

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from api.intake.receiving import JSON, MULTIPART
from api.removebg.parameters import FILES, Parameters
from api.removebg.receiving import FORM

Document = dict[str, Any]

TAG = "remove.bg"
_REF = "#/components/schemas/{model}"
_BINARY = {"type": "string", "format": "binary"}
_PICTURES = ("image/png", "image/jpeg", "image/webp", "application/zip")
_ERRORS = {
    400: "The picture or a parameter cannot be used; every mistake is named.",
    403: "No key, or a wrong one.",
    415: "The body is of another kind.",
    429: "The minute's megapixels or requests are used up.",
    500: "Something unexpected went wrong.",
    503: "Too much is going on, or the picture took longer than two minutes.",
}
_KEYED = (403, 429)
_LATER = (429, 503)
_RESULT_HEADERS = {
    "X-Width": "Of the result, in px.",
    "X-Height": "Likewise.",
    "X-Max-Width": "Of the result with `size=full`; not with `crop`.",
    "X-Max-Height": "Likewise.",
    "X-Type": "What the caller said that it is, or `other`; not with `type_level=none`.",
    "X-Credits-Charged": "0.",
    "X-Foreground-Top": "Where the subject is, in px of the picture that was sent.",
    "X-Foreground-Left": "Likewise.",
    "X-Foreground-Width": "Likewise.",
    "X-Foreground-Height": "Likewise.",
}
_RATE_HEADERS = {
    "X-RateLimit-Limit": "Megapixels a minute, where they are counted.",
    "X-RateLimit-Remaining": "What is left of them.",
    "X-RateLimit-Reset": "When all of them are there again, in Unix seconds.",
}


class RemoveBgError(BaseModel):
    """One mistake."""

    title: str
    code: Annotated[str, Field(default="", description="Stable; not always there.")]
    detail: str = ""


class RemoveBgErrors(BaseModel):
    """Why there is no result."""

    errors: list[RemoveBgError] = Field(min_length=1)


class RemoveBgPicture(BaseModel):
    """A result, and where the subject is."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    result_b64: str
    """The result in base64."""
    foreground_top: int
    foreground_left: int
    foreground_width: int
    foreground_height: int


class RemoveBgResult(BaseModel):
    """The result, for whoever asks for JSON."""

    data: RemoveBgPicture


class RemoveBgSource(BaseModel):
    """A picture: exactly one of these, or `image_file` in a form."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    image_file_b64: str = ""
    """In base64, with or without `data:`."""
    image_url: AnyHttpUrl | None = None
    """Fetched by the server."""


class RemoveBgParameters(RemoveBgSource, Parameters):
    """What is to be done with which picture; numbers and truth values may also be written as text."""


class RemoveBgOffer(RemoveBgSource):
    """A picture that is offered."""

    image_filename: str = ""
    tag: str = ""


def removebg_schemas() -> Document:
    """The models by their names."""
    schemas: Document = {}
    for model in (RemoveBgErrors, RemoveBgResult, RemoveBgParameters, RemoveBgOffer):
        schemas[model.__name__] = _schema(model)
        schemas |= schemas[model.__name__].pop("$defs", {})
    return schemas


def removebg_paths(*, is_keyed: bool) -> Document:
    """The operations by path and method, complete but for what every answer carries."""
    statuses = [status for status in _ERRORS if is_keyed or status not in _KEYED]
    rate = _RATE_HEADERS if is_keyed else {}
    job = {JSON: {"schema": {"$ref": _REF.format(model="JobView")}}}
    told: Document = {kind: {"schema": _BINARY} for kind in _PICTURES}
    told[JSON] = _of(RemoveBgResult.__name__)
    remove = {
        "operationId": "removeBackground",
        "summary": "Cut out one picture as remove.bg does.",
        "description": "Held until the result is there. See docs/removebg.md for what differs.",
        "parameters": [
            _header("Accept", "`application/json`, and that alone: the result as JSON."),
            _header("Prefer", "`respond-async`: a job to be polled instead."),
        ],
        "requestBody": _body(RemoveBgParameters, *FILES),
        "responses": {
            "200": {"description": "The result.", "content": told, "headers": _said(_RESULT_HEADERS | rate)},
            "202": {"description": "With `Prefer: respond-async`: the job.", "content": job},
            **_errors(*statuses),
        },
    }
    account = {
        "operationId": "getAccount",
        "summary": "Say what is left of no credits.",
        "responses": {
            "200": {
                "description": "Zeros: no credits are counted.",
                "content": {JSON: {"schema": _account()}},
            },
            **_errors(*(status for status in statuses if status not in (400, 415))),
        },
    }
    improve = {
        "operationId": "offerPicture",
        "summary": "Offer a picture, which is looked at and not kept.",
        "requestBody": _body(RemoveBgOffer, "image_file"),
        "responses": {
            "200": {"description": "Noted.", "content": {JSON: {"schema": _object(id={"type": "string"})}}},
            **_errors(*statuses),
        },
    }
    for operation in (remove, account, improve):
        operation |= {"tags": [TAG]}
    return {
        "/v1.0/removebg": {"post": remove},
        "/v1.0/account": {"get": account},
        "/v1.0/improve": {"post": improve},
    }


def _errors(*statuses: int) -> Document:
    return {
        str(status): {
            "description": _ERRORS[status],
            "content": {JSON: _of(RemoveBgErrors.__name__)},
            "headers": _said({"Retry-After": "When to ask again, in seconds."} if status in _LATER else {}),
        }
        for status in statuses
    }


def _body(model: type[BaseModel], *files: str) -> Document:
    """A form, with files if need be, or JSON: the same names in all of them."""
    fields, form = _of(model.__name__), _schema(model)
    form["properties"] |= {name: {**_BINARY, "description": "A picture."} for name in files}
    return {"required": True, "content": {MULTIPART: {"schema": form}, FORM: fields, JSON: fields}}


def _schema(model: type[BaseModel]) -> Document:
    schema = model.model_json_schema(ref_template=_REF)
    for field in schema.get("properties", {}).values():
        if not isinstance(field.get("default", ""), str | bool):
            del field["default"]  # as it is read, not as it is written
    return schema


def _of(model: str) -> Document:
    return {"schema": {"$ref": _REF.format(model=model)}}


def _account() -> Document:
    number = {"type": "integer", "const": 0}
    credits = _object(total=number, subscription=number, payg=number, enterprise=number)
    api = _object(free_calls=number, sizes={"type": "string", "const": "all"})
    return _object(data=_object(attributes=_object(credits=credits, api=api)))


def _object(**fields: Document) -> Document:
    return {"type": "object", "required": list(fields), "properties": fields}


def _header(name: str, text: str) -> Document:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": text,
        "schema": {"type": "string"},
    }


def _said(headers: dict[str, str]) -> Document:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
