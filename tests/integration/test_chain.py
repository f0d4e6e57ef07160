"""The way of a job through real processes."""

import io
import json

import httpx
import pytest
from PIL import Image

pytestmark = pytest.mark.integration


def test_a_posted_picture_becomes_a_cut_out(stack, picture):
    stack.up()

    job = stack.finished(stack.submit(picture, json.dumps({"output": {"include_matte": True}})))

    assert job["status"] == "succeeded", job["error"]
    assert job["quality"]["coverage"] == pytest.approx(0.262, abs=0.01)
    assert {output["name"] for output in job["outputs"]} == {"image", "matte"}
    cutout = Image.open(io.BytesIO(httpx.get(job["outputs"][0]["url"]).content))
    assert (cutout.mode, cutout.size) == ("RGBA", (320, 240))
    assert cutout.getpixel((160, 120)) == (250, 220, 40, 255)
    assert cutout.getpixel((5, 5))[3] == 0
    assert stack.broker.llen("gpu.interactive") == 0
    assert stack.records.zcard("sched") == 0


def test_every_effect_of_a_job_reaches_the_result(stack, picture):
    stack.up()
    effects = [{"type": "outline"}, {"type": "drop_shadow"}, {"type": "background", "color": "#00ff00"}]

    job = stack.finished(
        stack.submit(picture, json.dumps({"effects": effects, "output": {"format": "jpeg"}}))
    )

    assert job["status"] == "succeeded", job["error"]
    result = Image.open(io.BytesIO(httpx.get(job["outputs"][0]["url"]).content))
    assert result.format == "JPEG"
    assert result.getpixel((2, 2))[1] > 240


def test_a_cancelled_job_runs_no_further_stage(stack, picture):
    stack.up(STAND_IN_SECONDS="3")
    job_id = stack.submit(picture)

    stack.http.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()

    job = stack.finished(job_id)
    assert (job["status"], job["outputs"]) == ("canceled", [])


def test_a_picture_without_a_subject_fails_with_its_code(stack):
    stack.up()
    black = io.BytesIO()
    Image.new("RGB", (64, 64)).save(black, "PNG")

    job = stack.finished(stack.submit(black.getvalue()))

    assert (job["status"], job["error"]["code"]) == ("failed", "no_subject")
    answer = stack.http.get(f"/v1/jobs/{job['id']}/result")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_failed")
