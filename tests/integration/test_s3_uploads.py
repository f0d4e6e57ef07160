"""A picture that goes straight to an S3 server, and what becomes of it: the API never sees its bytes.

On moto, which believes every signature, the API itself finds out what arrived; Swift refuses it at the door.
"""

import uuid

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from tests.integration.stack import Stack
from tests.integration.swift import server as swift_server
from tests.integration.swift.server import swift  # noqa: F401  a fixture

pytestmark = pytest.mark.integration


@pytest.fixture
def moto_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["moto", "swift"])
def kind(request):
    return request.param


@pytest.fixture
def endpoint_url(kind, request):
    return (
        request.getfixturevalue("moto_url")
        if kind == "moto"
        else request.getfixturevalue("swift").endpoint_url
    )


@pytest.fixture
def bucket():
    return f"cutroom-{uuid.uuid4().hex}"


@pytest.fixture
def s3(endpoint_url, bucket):
    client = boto3.session.Session().client(
        "s3", endpoint_url=endpoint_url, region_name="us-east-1",
        aws_access_key_id=swift_server.ACCESS_KEY, aws_secret_access_key=swift_server.SECRET_KEY,
    )  # fmt: skip
    client.create_bucket(Bucket=bucket)
    return client


@pytest.fixture
def stack(tmp_path, endpoint_url, bucket, s3):
    stack = Stack(
        tmp_path,
        CUTROOM_STORAGE_URL=f"s3://{bucket}/here",
        CUTROOM_S3_ENDPOINT_URL=endpoint_url,
        CUTROOM_S3_ACCESS_KEY_ID=swift_server.ACCESS_KEY,
        CUTROOM_S3_SECRET_ACCESS_KEY=swift_server.SECRET_KEY,
    )
    try:
        yield stack.up()
    finally:
        stack.down()


def announce(stack, picture, **said):
    answer = stack.http.post("/v1/uploads", json={"content_type": "image/png", "bytes": len(picture)} | said)
    assert answer.status_code == 201, answer.text
    return answer.json()


def put(upload, body, **headers):
    return httpx.request(upload["method"], upload["url"], content=body, headers=upload["headers"] | headers)


def post(stack, upload, **spec):
    return stack.http.post("/v1/jobs", json={"input": {"upload_id": upload["id"]}} | spec)


def test_an_upload_becomes_a_job_and_a_background(stack, picture, endpoint_url, bucket, s3):
    photo, behind = announce(stack, picture), announce(stack, picture)
    assert photo["url"].startswith(f"{endpoint_url}/{bucket}/here/")
    for upload in (photo, behind):
        assert put(upload, picture).status_code == 200

    background = {"type": "background", "image": {"upload_id": behind["id"]}}
    answer = post(stack, photo, effects=[background])
    assert answer.status_code == 202, answer.text
    job = stack.finished(answer.json()["id"])
    assert job["status"] == "succeeded", job["error"]
    assert (job["input"]["bytes"], job["input"]["content_type"]) == (len(picture), "image/png")
    result = httpx.get(job["outputs"][0]["url"])
    assert (result.status_code, len(result.content)) == (200, job["outputs"][0]["bytes"])

    assert stack.http.delete(f"/v1/jobs/{job['id']}").status_code == 204
    left = [row["Key"] for row in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert [key.split("/")[-2] for key in left] == [behind["id"]]


def test_a_body_of_another_length_or_type_makes_no_job(stack, picture, kind):
    for body, headers in (
        (picture + b"x", {"Content-Length": str(len(picture) + 1)}),
        (picture[:-1], {"Content-Length": str(len(picture) - 1)}),
        (picture, {"Content-Type": "text/html"}),
    ):
        upload = announce(stack, picture)
        answer = put(upload, body, **headers)
        refused = post(stack, upload)
        if kind == "swift":
            assert answer.status_code == 403
        if kind == "swift" or len(body) != len(picture):
            assert (refused.status_code, refused.json()["code"]) == (422, "upload_incomplete")


def test_the_same_length_with_other_bytes_is_found_by_its_hash(stack, picture):
    upload = announce(stack, picture, sha256="0" * 64)
    assert put(upload, picture).status_code == 200
    assert post(stack, upload).json()["code"] == "upload_incomplete"
