"""No name a stranger chooses becomes a path, a header or a piece of a page."""

import io
import json
import re

import pytest

from shared.storage.headers import attachment
from shared.storage.keys import batch_lines_key, check_key, input_key, output_key, stage_key
from tests.api.pictures import encoded

CLIMBING = [
    "..", "../..", "../../etc/passwd", "..%2f..%2fetc", "%2e%2e", "a/../b", "/etc/passwd", "\\..\\x", "a\0b",
    ".hidden", "a//b", "a/./b", "C:\\x", "a b", "a\nb", "ａ", "", "x" * 600,
]  # fmt: skip
HEX = "0123456789abcdef"
SCRIPT = "<script>alert(1)</script>"
SPLITTING = "x\r\nSet-Cookie: a=b\r\n\r\n<html>"


@pytest.mark.parametrize("name", CLIMBING)
@pytest.mark.parametrize(
    "key_of",
    [
        lambda name: input_key(name, "job_1"),
        lambda name: input_key("local", name),
        lambda name: stage_key("local", "job_1", name, HEX, "png"),
        lambda name: stage_key("local", "job_1", "segment", name, "png"),
        lambda name: output_key("local", "job_1", name, HEX, "png"),
        lambda name: output_key("local", "job_1", "image", HEX, name),
        lambda name: batch_lines_key("local", name, 0),
    ],
)
def test_no_part_of_a_key_leads_anywhere(key_of, name):
    with pytest.raises(ValueError, match=r"object key|hash"):
        key_of(name)


@pytest.mark.parametrize(
    "key", ["../x", "a/../b", "/x", "a//b", "a/", ".x", "a\0", "a\\b", "%2e%2e/x", "a/.b"]
)
def test_nor_does_a_whole_key(key):
    with pytest.raises(ValueError, match="object key"):
        check_key(key)


@pytest.mark.parametrize("name", ["../../etc/passwd", SPLITTING, SCRIPT, "a\0b", "…", "x" * 5000])
def test_the_name_of_an_uploaded_file_is_not_used(client, stored_keys, name):
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="image"; filename="'
        + name.encode().replace(b"\r\n", b"%0d%0a")
        + b'"\r\n\r\n'
        + encoded()
        + b"\r\n--cut--\r\n"
    )
    response = client.post(
        "/v1/jobs", data=body, headers={"Content-Type": "multipart/form-data; boundary=cut"}
    )
    assert response.status_code == 202
    assert stored_keys() == [input_key("local", response.json["id"])]
    assert name not in response.text


@pytest.mark.parametrize("job_id", ["..", "%2e%2e%2f%2e%2e", "job_1%0d%0aX: y", SCRIPT, "job_" + "x" * 3000])
@pytest.mark.parametrize("path", ["/v1/jobs/{}", "/v1/batches/{}", "/v1/uploads/{}", "/v1/webhooks/{}"])
def test_an_odd_id_is_nobodys(client, path, job_id):
    response = client.get(path.format(job_id))
    assert response.status_code in {308, 404, 405}
    assert response.content_type != "text/html; charset=utf-8" or SCRIPT not in response.text
    assert "X" not in response.headers


@pytest.mark.parametrize("name", ["..", "../x", "a/b", SCRIPT, SPLITTING, ".x", "image.png\0", ""])
def test_a_variant_cannot_be_named_so(client, name):
    spec = json.dumps({"variants": [{"name": name}]})
    response = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "a"), "spec": spec})
    assert response.status_code == 422


@pytest.mark.parametrize(
    "name", [SPLITTING, 'a"; filename="b.html', "a\u2028b", "../../a", "%0d%0a", "\ud800", "…"]
)
def test_a_file_name_stays_within_its_header(name):
    value = attachment(name)
    assert re.fullmatch(r"attachment; filename=\"[ -~]*\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", value)
    assert value.count('"') == 2
    assert "/" not in value
    assert "%0D" not in value


def test_what_a_job_says_of_itself_is_never_a_page(client):
    spec = json.dumps({"metadata": {SCRIPT: SCRIPT}})
    made = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), SCRIPT), "spec": spec})
    for response in (made, client.get(made.headers["Location"]), client.get("/v1/jobs")):
        assert response.content_type == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert SCRIPT not in client.get("/docs").text


@pytest.mark.parametrize(
    "path", [f"/{SCRIPT}", f"/v1/jobs/{SCRIPT}", f"/v1/jobs?status={SCRIPT}", f"/docs/{SCRIPT}"]
)
def test_a_refusal_that_repeats_what_was_asked_is_no_page(client, path):
    response = client.get(path)
    assert response.status_code in {404, 422}
    assert response.content_type == "application/problem+json"
