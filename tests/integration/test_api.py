"""The API as processes: killed in the middle, asked by fifty at once, waited for."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

pytestmark = pytest.mark.integration


def test_fifty_at_once_are_one_job(stack, picture):
    stack.up()

    def post(_):
        files, headers = {"image": ("a.png", picture)}, {"Idempotency-Key": "k"}
        return httpx.post(f"{stack.url}/v1/jobs", files=files, headers=headers, timeout=20)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert set(Counter(answer.status_code for answer in answers)) <= {202, 409}
    made = [answer for answer in answers if answer.status_code == 202]
    assert len({answer.json()["id"] for answer in made}) == 1
    assert sum("Idempotent-Replay" not in answer.headers for answer in made) == 1
    assert stack.records.zcard("jobs:local") == 1


def test_repeated_until_answered_each_request_is_one_job_though_the_api_is_killed(stack, picture):
    stack.up()
    give_up = time.monotonic() + 60

    def post_until_answered(number):
        spec, headers = json.dumps({"metadata": {"number": str(number)}}), {"Idempotency-Key": f"k{number}"}
        while time.monotonic() < give_up:
            try:
                files = {"image": ("a.png", picture), "spec": (None, spec)}
                answer = httpx.post(f"{stack.url}/v1/jobs", files=files, headers=headers, timeout=20)
            except httpx.HTTPError:
                continue
            if answer.status_code == 202:
                return answer.json()["id"]
            time.sleep(0.5)
        return None

    with ThreadPoolExecutor(10) as pool:
        posted = [pool.submit(post_until_answered, number) for number in range(40)]
        time.sleep(0.3)
        stack.kill("web")
        stack.start("web")
        ids = [one.result() for one in posted]

    assert None not in ids
    assert len(set(ids)) == stack.records.zcard("jobs:local") == 40


def test_a_second_look_at_a_photo_takes_no_network(stack, picture):
    stack.up(STAND_IN_SECONDS="1.5")

    def posted(**content):
        return stack.http.post("/v1/jobs", headers={"Prefer": "wait=20"}, timeout=30, **content).json()

    first = posted(files={"image": ("a.png", picture), "spec": (None, "{}")})
    second = posted(json={"input": {"job_id": first["id"]}, "effects": [{"type": "outline"}]})

    assert (first["status"], second["status"]) == ("succeeded", "succeeded")
    assert (second["reused_matte_of"], second["timings_ms"]["segment"]) == (first["id"], None)
    assert second["timings_ms"]["total"] < 1500
    stack.http.delete(f"/v1/jobs/{first['id']}").raise_for_status()
    assert httpx.get(stack.job(second["id"])["outputs"][0]["url"]).status_code == 200


def test_an_upload_goes_past_the_api_and_becomes_a_job(stack, picture):
    stack.up()
    said = {"content_type": "image/png", "bytes": len(picture)}
    upload = stack.http.post("/v1/uploads", json=said).raise_for_status().json()

    assert httpx.put(upload["url"], content=picture, headers=upload["headers"]).status_code == 204
    answer = stack.http.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}})

    job = stack.finished(answer.json()["id"])
    assert (job["status"], job["input"]["bytes"]) == ("succeeded", len(picture))


def test_a_job_is_followed_and_its_request_found_in_the_worker_s_log(stack, picture):
    stack.up(STAND_IN_SECONDS="0.5")
    files = {"image": ("a.png", picture)}
    job = stack.http.post("/v1/jobs", files=files, headers={"X-Request-ID": "trace-42"}).json()

    with stack.http.stream("GET", f"/v1/jobs/{job['id']}/events", timeout=20) as stream:
        told = [line.partition(": ")[2] for line in stream.iter_lines() if line.startswith("event: ")]

    assert (told[0], told[-1]) == ("status", "done")
    assert "trace-42" in (stack.folder / "worker.log").read_text()
