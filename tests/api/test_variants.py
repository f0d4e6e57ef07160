"""Variants over HTTP: mistakes are told with their field, foreign addresses refused, results found by name."""

import io
import json

import pytest

from tests.api.pictures import encoded

TWO = [{"name": "plain"}, {"name": "shop", "effects": [{"type": "canvas", "preset": "marketplace"}]}]


@pytest.fixture
def post(client):
    """Post a picture with a spec."""

    def post(**spec):
        parts = {"image": (io.BytesIO(encoded()), "cat.jpg"), "spec": json.dumps(spec)}
        return client.post("/v1/jobs", data=parts)

    return post


def test_they_are_accepted_and_written_out(post):
    response = post(variants=TWO)
    assert response.status_code == 202
    asked = response.json["spec"]["variants"]
    assert [variant["name"] for variant in asked] == ["plain", "shop"]
    assert (asked[1]["effects"][0]["margin"], asked[0]["output"]["format"]) == (7.5, "png")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"variants": TWO, "effects": [{"type": "outline"}]}, "/variants"),
        ({"variants": TWO, "output": {"format": "webp"}}, "/output"),
        ({"variants": [{"name": "a b"}]}, "/variants/0/name"),
        ({"variants": [{"name": "a", "output": {"scale": 5}}]}, "/variants/0/output/scale"),
        (
            {"variants": [{"name": "a", "effects": [{"type": "glow", "size": 99}]}]},
            "/variants/0/effects/0/size",
        ),
        ({"effects": [{"type": "contact_shadow", "tilt": 0}]}, "/effects/0/tilt"),
        ({"effects": [{"type": "canvas", "width": 16000, "height": 16000}]}, "/effects/0/height"),
        ({"output": {"canvas": [0, 10]}}, "/output/canvas/0"),
        ({"output": {"bit_depth": 16, "format": "jpeg"}}, "/output/bit_depth"),
    ],
    ids=str,
)
def test_a_mistake_is_a_422_that_names_its_field(post, spec, field):
    response = post(**spec)
    assert response.status_code == 422
    assert [one["field"] for one in response.json["errors"]] == [field]


def test_a_background_in_a_variant_may_not_be_on_an_inner_address(post):
    inner = {"type": "background", "image": {"url": "https://169.254.169.254/latest"}}
    response = post(variants=[{"name": "a", "effects": [inner]}])
    assert (response.status_code, response.json["code"]) == (422, "url_not_allowed")
    assert "/variants/0/effects/0/image/url" in response.json["detail"]
