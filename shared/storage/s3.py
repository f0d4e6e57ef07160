"""Objects in an S3-compatible server; the only file that knows boto3."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import AppError, NotFound, SettingsInvalid, StorageUnavailable
from shared.settings import Settings
from shared.storage.headers import attachment, check_content_type
from shared.storage.keys import check_key, check_prefix
from shared.storage.port import ObjectStat, SignedRequest, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 1 << 20

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_DENIED = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}


def connect(url: str, settings: Settings) -> "S3ObjectStore":
    """Open `s3://bucket/prefix`. Raises SettingsInvalid for a URL or a credential that cannot be used."""
    bucket, prefix = _location(url)
    client = _client(settings, settings.s3_endpoint_url)
    signer = _client(settings, settings.s3_public_endpoint_url or settings.s3_endpoint_url)
    return S3ObjectStore(client, signer, bucket, prefix)


class S3ObjectStore:
    """An ObjectStore in one bucket. `signer` only signs: its endpoint is the one that clients reach."""

    def __init__(self, client: "S3Client", signer: "S3Client", bucket: str, prefix: str = "") -> None:
        self._client = client
        self._signer = signer
        self._bucket = bucket
        self._prefix = prefix

    def put(self, key: str, body: BinaryIO, *, content_type: str) -> None:
        """See ObjectStore."""
        described = {"ContentType": check_content_type(content_type)}
        path = self._path(key)
        with _translated("PutObject"):
            self._client.upload_fileobj(
                cast(BinaryIO, _Whole(body)), self._bucket, path, ExtraArgs=described, Config=_transfer()
            )

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore."""
        path = self._path(key)
        with _translated("GetObject"):
            body = self._client.get_object(Bucket=self._bucket, Key=path)["Body"]
        return io.BufferedReader(_Download(body), CHUNK_BYTES)

    def stat(self, key: str) -> ObjectStat | None:
        """See ObjectStore."""
        path = self._path(key)
        try:
            with _translated("HeadObject"):
                head = self._client.head_object(Bucket=self._bucket, Key=path)
        except NotFound:
            return None
        return ObjectStat(head["ContentLength"], head["ContentType"])

    def delete(self, key: str) -> None:
        """See ObjectStore."""
        path = self._path(key)
        try:
            with _translated("DeleteObject"):
                self._client.delete_object(Bucket=self._bucket, Key=path)
        except NotFound:
            return

    def under(self, prefix: str) -> Iterator[StoredObject]:
        """See ObjectStore."""
        place = len(self._path("x")) - 1
        pages = self._client.get_paginator("list_objects_v2")
        asked = pages.paginate(Bucket=self._bucket, Prefix=f"{self._path(check_prefix(prefix)[:-1])}/")
        with _translated("ListObjects"):
            for page in asked:
                for one in page.get("Contents", ()):
                    yield StoredObject(one["Key"][place:], one["Size"], one["LastModified"])

    def discard_unfinished(self, before: datetime) -> int:
        """See ObjectStore; an upload in parts whose sender was killed keeps its parts, and is paid for."""
        count = 0
        pages = self._client.get_paginator("list_multipart_uploads")
        with _translated("ListMultipartUploads"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._path("x")[:-1]):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        self._client.abort_multipart_upload(
                            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        count += 1
        return count

    def presign_get(self, key: str, *, expires_in: timedelta, filename: str) -> str:
        """See ObjectStore; the content type served is the one that was stored."""
        asked = {**self._named(key), "ResponseContentDisposition": attachment(filename)}
        return self._signed("get_object", asked, expires_in)

    def presign_put(
        self, key: str, *, expires_in: timedelta, content_type: str, content_length: int
    ) -> SignedRequest:
        """See ObjectStore."""
        if content_length < 0:
            raise ValueError("a content length is not negative")
        described = {"ContentType": check_content_type(content_type), "ContentLength": content_length}
        url = self._signed("put_object", {**self._named(key), **described}, expires_in)
        return SignedRequest(
            "PUT", url, {"Content-Type": content_type, "Content-Length": str(content_length)}
        )

    def check(self) -> None:
        """See ObjectStore."""
        try:
            with _translated("HeadBucket"):
                self._client.head_bucket(Bucket=self._bucket)
        except NotFound as error:
            raise StorageUnavailable("the bucket does not exist") from error

    def _path(self, key: str) -> str:
        return f"{self._prefix}/{check_key(key)}" if self._prefix else check_key(key)

    def _named(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._path(key)}

    def _signed(self, operation: str, asked: dict[str, Any], expires_in: timedelta) -> str:
        seconds = int(expires_in.total_seconds())
        with _translated(operation):
            return self._signer.generate_presigned_url(operation, Params=asked, ExpiresIn=seconds)


class _Whole:
    """A body whose reads are never short before its end.

    boto3 takes the first short read for the end and drops what follows, and a socket or a pipe reads short.
    It has no `seek`, so boto3 reads each part once, before the request: an error of the body comes through as
    it is and nothing half-written is sent.
    """

    def __init__(self, body: BinaryIO) -> None:
        self._body = body

    def read(self, size: int = PART_BYTES) -> bytes:
        parts = []
        while size > 0 and (part := self._body.read(size)):
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _Download(io.RawIOBase):
    """A response body whose errors are ours."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _translated("GetObject"):
            got: bytes = self._body.read(len(buffer))
        buffer[: len(got)] = got
        return len(got)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def _location(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    if not parts.netloc or parts.query or parts.fragment or (prefix and not _is_key(prefix)):
        raise SettingsInvalid("CUTROOM_STORAGE_URL: a bucket is written s3://bucket or s3://bucket/prefix")
    return parts.netloc, prefix


def _is_key(prefix: str) -> bool:
    try:
        check_key(prefix)
    except ValueError:
        return False
    return True


def _client(settings: Settings, endpoint_url: str | None) -> "S3Client":
    secret = settings.s3_secret_access_key
    try:
        # A session of our own: boto3's default one is not safe between threads.
        return Session().client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key_id,
            aws_secret_access_key=None if secret is None else secret.get_secret_value(),
            config=_config(settings.worker_concurrency),
        )
    except (BotoCoreError, ValueError) as error:
        raise SettingsInvalid(f"CUTROOM_S3_*: {type(error).__name__}") from error


def _config(concurrency: int) -> Config:
    """Bounded waits: at worst 4 × 3 s to connect and about 7 s between the tries."""
    return Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=2 * concurrency,
        tcp_keepalive=True,
        # Servers other than AWS refuse or ignore the newer default checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        signature_version="s3v4",
        s3={"addressing_style": "path"},
    )


def _transfer() -> TransferConfig:
    transfer = TransferConfig(
        max_concurrency=2,
        multipart_chunksize=PART_BYTES,
        multipart_threshold=PART_BYTES,
        preferred_transfer_client="classic",
    )
    # boto3 reads ten parts ahead by default: 80 MB for each upload.
    transfer.max_in_memory_upload_chunks = 2
    return transfer


@contextmanager
def _translated(operation: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _of(error, operation) from error
    except (BotoCoreError, Boto3Error) as error:
        kind = type(error).__name__
        raise StorageUnavailable(f"object storage does not answer {operation}: {kind}") from error


def _of(error: ClientError, operation: str) -> AppError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _ABSENT:
        return NotFound("there is no such object")
    if code in _DENIED:
        return StorageUnavailable(
            f"object storage refuses {operation} with {code}: check the access key, its rights and the clock"
        )
    return StorageUnavailable(f"object storage answers {operation} with {code or 'no code'}")
