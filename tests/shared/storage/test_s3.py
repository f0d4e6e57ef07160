"""What only S3 has; what every storage must do stands in the contract suite."""

import io
from datetime import timedelta
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore import exceptions
from botocore.response import StreamingBody

from shared.errors import NotFound, SettingsInvalid, StorageUnavailable
from shared.settings import Settings
from shared.storage import s3
from shared.storage.s3 import S3ObjectStore

KEY = "t/local/job_1/input"
MINUTE = timedelta(minutes=1)


def settings(**changed):
    asked = {
        "s3_access_key_id": "id",
        "s3_secret_access_key": "made-up",
        "s3_endpoint_url": "http://127.0.0.1:9",
    }
    return Settings(**{**asked, **changed})


def store_whose(call, error):
    client = Mock()
    getattr(client, call).side_effect = error
    return S3ObjectStore(client, client, "bucket")


def refusal(code, status=400):
    answer = {
        "Error": {"Code": code, "Message": "made-up secret"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return exceptions.ClientError(answer, "Operation")


FOREIGN = [
    refusal("InternalError", 500),
    refusal("SlowDown", 503),
    refusal("503", 503),
    refusal("AccessDenied", 403),
    refusal("403", 403),
    refusal("NoSuchBucket", 404),
    exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
    exceptions.ConnectTimeoutError(endpoint_url="http://127.0.0.1:9"),
    exceptions.ReadTimeoutError(endpoint_url="http://127.0.0.1:9"),
    exceptions.NoCredentialsError(),
    exceptions.ConnectionClosedError(endpoint_url="http://127.0.0.1:9"),
]


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: f"{type(error).__name__} {error}"[:60])
def test_every_foreign_error_becomes_storage_unavailable_and_tells_no_secret(error):
    calls = [
        lambda: store_whose("upload_fileobj", error).put(KEY, io.BytesIO(b""), content_type="image/png"),
        lambda: store_whose("get_object", error).open(KEY),
        lambda: store_whose("head_object", error).stat(KEY),
        lambda: store_whose("delete_object", error).delete(KEY),
        lambda: store_whose("head_bucket", error).check(),
    ]
    for call in calls:
        with pytest.raises(StorageUnavailable) as raised:
            call()
        assert "made-up" not in raised.value.detail
        assert "127.0.0.1" not in raised.value.detail


def test_refused_credentials_tell_the_operator_what_to_look_at():
    with pytest.raises(StorageUnavailable, match="access key"):
        store_whose("head_object", refusal("403", 403)).stat(KEY)


@pytest.mark.parametrize("code", ["404", "NoSuchKey", "NotFound"])
def test_a_missing_key_is_not_found(code):
    with pytest.raises(NotFound):
        store_whose("get_object", refusal(code, 404)).open(KEY)
    assert store_whose("head_object", refusal(code, 404)).stat(KEY) is None
    store_whose("delete_object", refusal(code, 404)).delete(KEY)


def test_a_missing_bucket_fails_the_check():
    with pytest.raises(StorageUnavailable, match="bucket does not exist"):
        store_whose("head_bucket", refusal("404", 404)).check()


def test_a_body_that_ends_early_is_storage_unavailable():
    client = Mock()
    client.get_object.return_value = {"Body": StreamingBody(io.BytesIO(b"half"), content_length=8)}
    with S3ObjectStore(client, client, "bucket").open(KEY) as body, pytest.raises(StorageUnavailable):
        body.read()


def test_signed_urls_name_the_public_endpoint_and_the_prefix():
    public = settings(s3_public_endpoint_url="https://files.example")
    store = s3.connect("s3://bucket/some/prefix", public)
    for url in (
        store.presign_get(KEY, expires_in=MINUTE, filename="x.png"),
        store.presign_put(KEY, expires_in=MINUTE, content_type="image/png", content_length=5).url,
    ):
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", "files.example")
        assert parts.path == f"/bucket/some/prefix/{KEY}"
        assert parse_qs(parts.query)["X-Amz-Expires"] == ["60"]


def test_a_signed_put_signs_length_and_type():
    store = s3.connect("s3://bucket", settings())
    request = store.presign_put(KEY, expires_in=MINUTE, content_type="image/png", content_length=5)
    signed = parse_qs(urlsplit(request.url).query)["X-Amz-SignedHeaders"]
    assert signed == ["content-length;content-type;host"]
    assert request.headers == {"Content-Type": "image/png", "Content-Length": "5"}


def test_an_endpoint_that_is_no_url_is_refused_at_the_start():
    with pytest.raises(SettingsInvalid, match="CUTROOM_S3"):
        s3.connect("s3://bucket", settings(s3_endpoint_url="not a url"))
