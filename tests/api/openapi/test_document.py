"""The API answers what its description says, whatever is sent; and the description holds all of it."""

from contextlib import suppress
from dataclasses import replace

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from api.app import create_app
from shared.settings import Settings
from shared.tenants.issuing import KeyWish, issue

EXAMPLES = 6
"""For each operation, of what fits the description and of what does not."""

BEYOND_A_SCHEMA = {
    "createJob": "no schema says which bytes are a picture, nor which hosts are public",
    "createBatch": "nor what a line must be",
    "createWebhook": "nor, again, which hosts are public",
    "changeWebhook": "nor here",
    "removeBackground": "which bytes are a picture, once more",
    "offerPicture": "likewise",
}
"""Operations that may refuse what fits the description, with the reason. All else is still asked of them."""

load_all_checks()
positive_data_acceptance = CHECKS.get_one("positive_data_acceptance")

DOCUMENT = create_app(Settings(counters_url="memory://"), object()).spec
OPERATIONS = [
    pytest.param(path, method, id=operation["operationId"])
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


@pytest.fixture
def app(deps):
    """Asks for keys, and sets no limits."""
    unlimited = {"auth": "keys", "requests_per_minute": 0, "megapixels_per_minute": 0}
    settings = deps.settings.model_copy(update=unlimited)
    return create_app(settings, replace(deps, settings=settings))


@pytest.fixture
def key(deps):
    return issue(deps.tenants, KeyWish("acme", "test")).text


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_does_what_it_says(app, key, path, method, mode):
    operation_id = DOCUMENT["paths"][path][method]["operationId"]
    operation = schemathesis.openapi.from_wsgi("/openapi.json", app)[path][method]

    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case):
        excluded = [positive_data_acceptance] if operation_id in BEYOND_A_SCHEMA else []
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=excluded)

    with suppress(Unsatisfiable):  # an operation without parameters leaves nothing to get wrong
        ask()


def operations():
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            yield path, operation


def test_it_is_openapi_3_1_and_valid(app):
    assert DOCUMENT["openapi"].startswith("3.1")
    schemathesis.openapi.from_wsgi("/openapi.json", app).validate()


def test_every_operation_has_a_name_words_and_its_errors():
    for path, operation in operations():
        assert operation["operationId"], path
        assert operation["summary"], path
        assert "500" in operation["responses"], path


def test_every_answer_says_which_headers_it_carries():
    for path, operation in operations():
        for status, answer in operation["responses"].items():
            assert "X-Request-ID" in answer["headers"], (path, status)
            assert status not in ("429", "503") or "Retry-After" in answer["headers"]


def test_a_name_stands_for_one_schema():
    assert [name for name in DOCUMENT["components"]["schemas"] if "." in name] == []


def test_keys_are_described_where_keys_are_asked_for(app):
    assert "securitySchemes" not in DOCUMENT["components"]
    keyed = app.spec
    assert set(keyed["components"]["securitySchemes"]) == {"bearer", "header"}
    assert "401" in keyed["paths"]["/v1/jobs"]["post"]["responses"]
    assert keyed["paths"]["/healthz"]["get"]["security"] == []


def test_what_is_described_is_what_is_sent(client):
    described = DOCUMENT["paths"]["/v1/jobs"]["post"]["responses"]["202"]["headers"]
    body = {"input": {"url": "https://example.com/a.png"}}
    answer = client.post("/v1/jobs", json=body, headers={"Prefer": "respond-async"})
    assert {"Location", "Retry-After", "Preference-Applied", "X-Request-ID"} <= set(described)
    assert {"Location", "Retry-After", "Preference-Applied", "X-Request-ID"} <= {
        name for name, _ in answer.headers
    }
