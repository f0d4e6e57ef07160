"""Reads a JobSpec out of bytes: every mistake named by its field, none passed over."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from shared.errors import InvalidJson, InvalidSpec, UrlNotAllowed
from shared.events.targets import check_target
from shared.licensing import refused
from shared.limits import url_rules
from shared.settings import Settings
from shared.spec.base import Spec
from shared.spec.effects import BackgroundSpec, EffectSpec
from shared.spec.job import JobSpec
from shared.urlguard import UrlRules, check_url

MAX_SPEC_BYTES = 256_000

S = TypeVar("S", bound=Spec)
_NOT_JSON = "json_invalid"
_TOO_SHORT = "too_short"
_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""How pydantic writes one: `<EventType.JOB_FAILED: 'job.failed'>`."""
_BAD_TAG = ("union_tag_invalid", "union_tag_not_found")


def read_job_spec(text: bytes, settings: Settings, *, has_picture: bool) -> JobSpec:
    """The job asked for. Raises InvalidJson, UrlNotAllowed, or InvalidSpec naming each wrong field."""
    spec = _kept_as_set(read_spec(JobSpec, text), settings)
    problems = list(_across_fields(spec, settings, has_picture=has_picture))
    if problems:
        raise _invalid(problems)
    _check_urls(spec, url_rules(settings))
    return spec


def check_webhook(spec: JobSpec, settings: Settings) -> None:
    """Look up where a job's own webhook leads, as is done again when something is sent. Raises UrlNotAllowed.

    Apart from `read_job_spec`, since it asks the network: not for each of a batch's many lines.
    """
    if spec.webhook is not None:
        try:
            check_target(str(spec.webhook.url), url_rules(settings))
        except UrlNotAllowed as error:
            raise UrlNotAllowed(f"/webhook/url: {error.detail}") from None


def read_spec(kind: type[S], text: bytes) -> S:
    """`text` as a specification of this kind. Raises InvalidJson or InvalidSpec."""
    if len(text) > MAX_SPEC_BYTES:
        raise InvalidSpec(f"the specification has {len(text)} bytes; at most {MAX_SPEC_BYTES} are read")
    return parse_spec(kind, text)


def parse_spec(kind: type[S], text: bytes) -> S:
    """`read_spec`, however long the text is."""
    try:
        # The parser stops at a nesting of 200 and at bytes that are not UTF-8; fields refuse NaN. Strictly: "3600" is
        # no number, and 1 no truth value.
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=False, include_input=False)
    if mistakes[0]["type"] == _NOT_JSON:
        raise InvalidJson(mistakes[0]["msg"])
    document = from_json(text)
    raise _invalid(_told(_problem(mistake, document) for mistake in mistakes))


def field_problem(field: str, code: str, detail: str) -> dict[str, str]:
    """One entry of InvalidSpec.problems."""
    return {"field": field, "code": code, "detail": detail}


def _told(problems: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Without what only follows: pydantic counts a list's wrong elements as missing, too."""
    found = list(problems)

    def follows(one: dict[str, str]) -> bool:
        return one["code"] == _TOO_SHORT and any(two["field"].startswith(f"{one['field']}/") for two in found)

    return [one for one in found if not follows(one)]


def _kept_as_set(spec: JobSpec, settings: Settings) -> JobSpec:
    """How long the job is kept where it does not say is the operator's to say."""
    if "retention" in spec.model_fields_set:
        return spec
    return spec.model_copy(update={"retention": settings.retention_seconds})


def _across_fields(spec: JobSpec, settings: Settings, *, has_picture: bool) -> Iterator[dict[str, str]]:
    if has_picture and spec.input is not None:
        yield field_problem("/input", "two_inputs", "leave it out: the picture is posted with the job")
    if not has_picture and spec.input is None:
        detail = 'give {"url": "https://…"}, or post the picture as the part `image` of a multipart form'
        yield field_problem("/input", "missing", detail)
    if spec.enlarges_first and not settings.allow_pre_upscale:
        yield field_problem("/upscale/when", "not_supported", "`before` is switched off on this server")
    if spec.enlarges_first and spec.roi is not None:
        yield field_problem("/roi", "not_supported", "goes with the photo as it is, not with `before`")
    for field, detail in refused(spec, settings):
        yield field_problem(field, "not_offered", detail)


def _check_urls(spec: JobSpec, rules: UrlRules) -> None:
    """Refuse at once what the worker would refuse later; it looks again, at the address, when it connects."""
    for field, url in _urls(spec):
        try:
            check_url(url, rules)
        except UrlNotAllowed as error:
            raise UrlNotAllowed(f"{field}: {error.detail}") from None


def _urls(spec: JobSpec) -> Iterator[tuple[str, str]]:
    if spec.input is not None and spec.input.url is not None:
        yield "/input/url", str(spec.input.url)
    if spec.webhook is not None:
        yield "/webhook/url", str(spec.webhook.url)
    yield from _background_urls("", spec.effects)
    for place, variant in enumerate(spec.variants):
        yield from _background_urls(f"/variants/{place}", variant.effects)


def _background_urls(where: str, effects: Sequence[EffectSpec]) -> Iterator[tuple[str, str]]:
    for place, effect in enumerate(effects):
        if isinstance(effect, BackgroundSpec) and effect.image is not None and effect.image.url is not None:
            yield f"{where}/effects/{place}/image/url", str(effect.image.url)


def _invalid(problems: Sequence[dict[str, str]]) -> InvalidSpec:
    said = "; ".join(f"{one['field'] or 'the document'}: {one['detail']}" for one in problems)
    return InvalidSpec(said, tuple(problems))


def _problem(mistake: ErrorDetails, document: object) -> dict[str, str]:
    field = "".join(f"/{part}" for part in _pointer(mistake, document))
    detail = _ENUM_MEMBER.sub(r"\1", mistake["msg"].removeprefix("Value error, "))
    return field_problem(field, mistake["type"], detail)


def _pointer(mistake: ErrorDetails, document: object) -> Iterator[str]:
    """Where the mistake stands in the caller's own document: pydantic also names the member of the union."""
    here = document
    *way, last = mistake["loc"] or ("",)
    for part in way:
        if _has(here, part):
            here = here[part]  # type: ignore[index]  # _has looked
            yield _escaped(part)
    if last != "" and (_has(here, last) or mistake["type"] == "missing"):
        yield _escaped(last)
    if mistake["type"] in _BAD_TAG:
        yield "type"


def _has(container: object, part: int | str) -> bool:
    if isinstance(container, Mapping):
        return part in container
    return isinstance(container, list) and isinstance(part, int) and part < len(container)


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
