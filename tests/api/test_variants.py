"""Variants over HTTP: mistakes are told with their field, foreign addresses refused, results found by name."""

import io
import json

import pytest

from shared.jobs.job import JobError, Step
from shared.jobs.results import ModelUsed, OutputFile, Quality, Rendered, Segmented
from shared.spec.job import Stage
from tests.api.pictures import encoded

TWO = [{"name": "plain"}, {"name": "shop", "effects": [{"type": "canvas", "preset": "marketplace"}]}]

MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
SEGMENTED = Segmented(matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9))
FILE = OutputFile(
    name="plain", model="n", key="k.png", content_type="image/png", width=4, height=3, bytes=9, sha256="a"
)


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


def test_one_that_fails_is_told_beside_the_outputs_of_the_others(client, post, jobs):
    job_id = post(variants=TWO).json["id"]
    jobs.commit(jobs.claim(Step(job_id, Stage.SEGMENT)), SEGMENTED, 1)
    plain, shop = (jobs.claim(Step(job_id, Stage.RENDER, name)) for name in ("plain", "shop"))
    jobs.fail(shop, JobError("download_failed", "title", "gone", "render", retryable=False))
    jobs.commit(plain, Rendered(outputs=(FILE,)), 1)

    job = client.get(f"/v1/jobs/{job_id}").json

    assert (job["status"], job["error"]) == ("succeeded", None)
    assert [file["name"] for file in job["outputs"]] == ["plain"]
    assert [(one["name"], one["code"]) for one in job["failures"]] == [("shop", "download_failed")]
    assert "variant_failed" in job["quality"]["flags"]


def test_the_result_without_a_name_is_the_first(client, post, jobs):
    job_id = post(variants=TWO).json["id"]
    jobs.commit(jobs.claim(Step(job_id, Stage.SEGMENT)), SEGMENTED, 1)
    for name in ("plain", "shop"):
        file = FILE.model_copy(update={"name": name, "key": f"t/local/{name}.png"})
        jobs.commit(jobs.claim(Step(job_id, Stage.RENDER, name)), Rendered(outputs=(file,)), 1)
    answers = [client.get(f"/v1/jobs/{job_id}/result{query}") for query in ("", "?name=", "?name=shop")]
    assert ["shop" in answer.headers["Location"] for answer in answers] == [False, False, True]
