"""What every object storage must do: memory, files, S3 (moto), and S3 on a real server (Swift).

moto serves what was signed for whoever asks: it checks no signature, no expiry and no signed header. Those
tests are skipped on it, and Swift is what proves S3's part.
"""

import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from shared.errors import NotFound, StorageUnavailable
from shared.settings import Settings
from shared.storage.file import FileObjectStore
from shared.storage.keys import input_key, job_prefix, stage_key
from shared.storage.memory import MemoryObjectStore
from shared.storage.opening import open_store
from shared.storage.port import ObjectStore
from tests.contracts.file_server import serving
from tests.integration.swift import server as swift_server

SECRET = "made-up"
KEY = input_key("local", "job_1")
OTHER_KEY = input_key("local", "job_2")
FIVE_MINUTES = timedelta(minutes=5)
MEGABYTE = 1 << 20

ODD_KEYS = [
    "", "/", "/etc/passwd", "..", "../x", "t/../../x", "t/./x", "t//x", "t/x/", ".hidden", "t/.drafts/x",
    "t/a\\b", "t/a b", "t/a\x00b", "t/a\nb", "t/a\n", "t/é", "t/%2e%2e/x", "t/" + "x" * 600, "t/a?b", "t/a#b",
]  # fmt: skip


@dataclass
class Subject:
    """A storage under test, and how one that is down is made."""

    kind: str
    store: ObjectStore
    make_down: Callable[[], ObjectStore]


@contextmanager
def memory(_request) -> Iterator[Subject]:
    with serving(SECRET) as server:
        server.store = MemoryObjectStore(f"http://127.0.0.1:{server.server_port}", SECRET)
        down = MemoryObjectStore()
        down.is_down = True
        yield Subject("memory", server.store, lambda: down)


@contextmanager
def file(request) -> Iterator[Subject]:
    folder = request.getfixturevalue("tmp_path")
    with serving(SECRET) as server:
        base_url = f"http://127.0.0.1:{server.server_port}"
        server.store = FileObjectStore(folder / "objects", base_url, SECRET)

        def lost() -> ObjectStore:
            store = FileObjectStore(folder / "lost", base_url, SECRET)
            (folder / "lost").rename(folder / "elsewhere")
            return store

        yield Subject("file", server.store, lost)


@contextmanager
def s3_on_moto(request) -> Iterator[Subject]:
    endpoint_url = request.getfixturevalue("moto_url")
    yield s3_subject("s3_on_moto", endpoint_url, "test", "test")


@contextmanager
def s3_on_swift(request) -> Iterator[Subject]:
    endpoint_url = request.getfixturevalue("swift").endpoint_url
    yield s3_subject("s3_on_swift", endpoint_url, swift_server.ACCESS_KEY, swift_server.SECRET_KEY)


@cache
def s3_subject(kind, endpoint_url, access_key, secret_key) -> Subject:
    settings = Settings(
        storage_url=f"s3://{swift_server.BUCKET}/tests",
        s3_endpoint_url=endpoint_url,
        s3_access_key_id=access_key,
        s3_secret_access_key=secret_key,
    )
    nobody = settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
    )
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=swift_server.BUCKET)
    return Subject(kind, open_store(settings), lambda: open_store(nobody))


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=[memory, file, s3_on_moto, pytest.param(s3_on_swift, marks=pytest.mark.integration)])
def subject(request) -> Iterator[Subject]:
    with request.param(request) as subject:
        for key in (KEY, OTHER_KEY):
            subject.store.delete(key)
        yield subject


@pytest.fixture
def store(subject) -> ObjectStore:
    return subject.store


@pytest.fixture
def checks_signatures(subject) -> None:
    if subject.kind == "s3_on_moto":
        pytest.skip("moto checks no signature; Swift's run of this test is the proof for S3")


def put(store, content=b"picture", key=KEY, content_type="image/png"):
    store.put(key, io.BytesIO(content), content_type=content_type)


def read(store, key=KEY) -> bytes:
    with store.open(key) as body:
        return body.read()


class Generated(io.RawIOBase):
    """`size` bytes made as they are read, in pieces as short as a socket's; fails at `fails_at`."""

    def __init__(self, size, fails_at=None):
        self.left = size
        self.fails_below = None if fails_at is None else size - fails_at

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.fails_below is not None and self.left <= self.fails_below:
            raise ConnectionResetError("the client went away")
        count = min(len(buffer), self.left, 60_000)
        buffer[:count] = b"x" * count
        self.left -= count
        return count


def test_what_was_put_is_read_back(store):
    put(store)
    assert read(store) == b"picture"
    assert store.stat(KEY).bytes == len(b"picture")


def test_an_empty_object_is_an_object(store):
    put(store, b"")
    assert read(store) == b""
    assert store.stat(KEY).bytes == 0


def test_only_what_the_body_still_holds_is_stored(store):
    body = io.BytesIO(b"header and rest")
    body.read(11)
    store.put(KEY, body, content_type="text/plain")
    assert read(store) == b"rest"


def test_a_second_put_replaces_content_and_type(store):
    put(store, b"a longer first version")
    put(store, b"second", content_type="image/webp")
    assert read(store) == b"second"
    assert (store.stat(KEY).bytes, store.stat(KEY).content_type) == (6, "image/webp")


def test_a_deleted_object_is_gone(store):
    put(store)
    put(store, key=OTHER_KEY)
    store.delete(KEY)
    assert store.stat(KEY) is None
    with pytest.raises(NotFound):
        store.open(KEY)
    assert read(store, OTHER_KEY) == b"picture"


def test_deleting_what_is_not_there_is_nothing(store):
    store.delete(KEY)


def test_a_missing_object_has_no_stat_and_cannot_be_opened(store):
    assert store.stat(KEY) is None
    assert store.stat(f"{KEY}/below") is None
    with pytest.raises(NotFound):
        store.open(KEY)


@pytest.mark.parametrize(
    "content_type", ["image/png", "application/octet-stream", "image/svg+xml", "text/plain; charset=utf-8"]
)
def test_the_content_type_is_kept(store, content_type):
    put(store, content_type=content_type)
    assert store.stat(KEY).content_type == content_type


@pytest.mark.parametrize(
    "content_type", ["", "png", "image/png\r\nX-Evil: 1", "image/" + "x" * 200, "image/é"]
)
def test_an_odd_content_type_is_refused(store, content_type):
    with pytest.raises(ValueError, match="not a content type"):
        put(store, content_type=content_type)
    assert store.stat(KEY) is None


@pytest.mark.parametrize("key", ODD_KEYS)
def test_an_odd_key_is_refused_by_every_method(store, key):
    calls = [
        lambda: put(store, key=key),
        lambda: store.open(key),
        lambda: store.stat(key),
        lambda: store.delete(key),
        lambda: store.presign_get(key, expires_in=FIVE_MINUTES, filename="x"),
        lambda: store.presign_put(key, expires_in=FIVE_MINUTES, content_type="image/png", content_length=1),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="not an object key"):
            call()


def test_a_body_that_reads_short_is_stored_whole(store):
    size = 9 * MEGABYTE
    store.put(KEY, Generated(size), content_type="image/png")
    assert store.stat(KEY).bytes == size


def test_large_bodies_stream_through(subject):
    if subject.kind == "memory":
        pytest.skip("memory is what it keeps objects in")
    # S3 is sent in parts of 8 MB: two wait or are under way while one is gathered, however large the body.
    size, most_megabytes = (20 * MEGABYTE, 4) if subject.kind == "file" else (80 * MEGABYTE, 40)
    with peak_megabytes() as peak:
        subject.store.put(KEY, Generated(size), content_type="image/png")
        with subject.store.open(KEY) as body:
            received = sum(len(chunk) for chunk in iter(lambda: body.read(64 * 1024), b""))
    assert received == size
    if subject.kind == "s3_on_moto":
        pytest.skip("moto's own copies are in this process: memory is measured on Swift")
    assert peak.value < most_megabytes


@dataclass
class Peak:
    value: float = 0.0


@contextmanager
def peak_megabytes() -> Iterator[Peak]:
    """The most that Python held at once, above what it held before."""
    peak = Peak()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    try:
        yield peak
        peak.value = (tracemalloc.get_traced_memory()[1] - before) / MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [100_000, 20 * MEGABYTE])
def test_a_body_that_breaks_off_leaves_no_object_and_the_old_one_whole(store, size):
    with pytest.raises(ConnectionResetError):
        store.put(KEY, Generated(size, fails_at=size // 2), content_type="image/png")
    assert store.stat(KEY) is None
    put(store, b"old")
    with pytest.raises(ConnectionResetError):
        store.put(KEY, Generated(size, fails_at=size // 2), content_type="image/webp")
    assert read(store) == b"old"
    assert store.stat(KEY).content_type == "image/png"


def test_an_open_object_survives_its_deletion_or_ends_in_an_error_of_ours(store):
    put(store, b"x" * MEGABYTE)
    with store.open(KEY) as body:
        store.delete(KEY)
        with suppress(StorageUnavailable):
            assert body.read() == b"x" * MEGABYTE


def test_a_signed_get_serves_the_object_as_an_attachment(store):
    put(store)
    answer = httpx.get(store.presign_get(KEY, expires_in=FIVE_MINUTES, filename="my cut-out é.png"))
    assert answer.status_code == 200
    assert answer.content == b"picture"
    assert answer.headers["Content-Type"] == "image/png"
    disposition = answer.headers["Content-Disposition"]
    assert (
        disposition == "attachment; filename=\"my cut-out _.png\"; filename*=UTF-8''my%20cut-out%20%C3%A9.png"
    )


@pytest.mark.parametrize(
    "filename", ["a\r\nX-Evil: 1", 'a"; X-Evil=1', "a\x00b", "../../x", "a\u2028b", "\ud800", "", "." * 9]
)
def test_a_file_name_injects_no_header_and_no_path(store, filename):
    put(store)
    answer = httpx.get(store.presign_get(KEY, expires_in=FIVE_MINUTES, filename=filename))
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="')
    assert disposition.count('"') == 2
    assert not set(disposition) & set("/\\\r\n\x00")


def test_a_signed_get_of_what_is_missing_serves_nothing(store):
    # 403 is S3's answer to who may not list the bucket.
    answer = httpx.get(store.presign_get(KEY, expires_in=FIVE_MINUTES, filename="x"))
    assert answer.status_code in (403, 404)


def signed_put(store, **changed):
    asked = {"expires_in": FIVE_MINUTES, "content_type": "image/png", "content_length": 5, **changed}
    return store.presign_put(KEY, **asked)


def send(request, content, **headers):
    return httpx.request(request.method, request.url, content=content, headers={**request.headers, **headers})


def test_a_signed_put_stores_the_object(store):
    assert send(signed_put(store), b"12345").status_code == 200
    assert read(store) == b"12345"
    assert store.stat(KEY).content_type == "image/png"


@pytest.mark.usefixtures("checks_signatures")
def test_a_signed_put_of_another_length_is_refused(store):
    for content in (b"1234", b"x" * 50):
        answer = send(signed_put(store), content, **{"Content-Length": str(len(content))})
        assert answer.status_code == 403
    assert store.stat(KEY) is None


@pytest.mark.usefixtures("checks_signatures")
def test_a_signed_put_of_another_type_is_refused(store):
    answer = send(signed_put(store), b"12345", **{"Content-Type": "text/html"})
    assert answer.status_code == 403
    assert store.stat(KEY) is None


def test_a_signed_put_of_an_odd_length_is_refused(store):
    with pytest.raises(ValueError, match="content length"):
        signed_put(store, content_length=-1)


@pytest.mark.usefixtures("checks_signatures")
def test_a_signature_is_good_for_nothing_else(store):
    put(store)
    put(store, b"secret", key=OTHER_KEY)
    url = store.presign_get(KEY, expires_in=FIVE_MINUTES, filename="x.png")
    assert httpx.get(url.replace("job_1", "job_2")).status_code == 403
    assert httpx.get(url.replace("x.png", "y.exe")).status_code == 403
    assert httpx.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert httpx.get(url.split("?")[0]).status_code in (400, 403)
    assert httpx.put(url, content=b"mine", headers={"Content-Type": "image/png"}).status_code == 403
    assert httpx.get(signed_put(store).url).status_code == 403
    assert read(store) == b"picture"


@pytest.mark.usefixtures("checks_signatures")
def test_a_url_expires(store):
    put(store)
    url = store.presign_get(KEY, expires_in=timedelta(seconds=3), filename="x.png")
    request = signed_put(store, expires_in=timedelta(seconds=1))
    assert httpx.get(url).status_code == 200  # within two seconds: an expiry is counted from a whole one
    time.sleep(4.1)  # and one that is cut off may be a second late
    assert httpx.get(url).status_code == 403
    assert send(request, b"12345").status_code == 403


def test_a_storage_that_answers_passes_its_check(store):
    store.check()


def test_a_storage_that_is_down_says_so_soon(subject):
    down = subject.make_down()
    started = time.monotonic()
    with pytest.raises(StorageUnavailable):
        down.check()
    assert time.monotonic() - started < 15
    for call in (lambda: down.stat(KEY), lambda: down.open(KEY), lambda: put(down), lambda: down.delete(KEY)):
        if subject.kind.startswith("s3"):
            break  # one call is enough of the retries' waiting
        with pytest.raises(StorageUnavailable):
            call()


def test_everything_below_a_prefix_is_listed_and_nothing_else(store):
    mine = (KEY, stage_key("local", "job_1", "matte", "0" * 16, "png"))
    for key in (*mine, OTHER_KEY, input_key("local", "job_11"), input_key("other", "job_1")):
        put(store, key=key, content=b"12345")
    found = list(store.under(job_prefix("local", "job_1")))
    assert sorted(one.key for one in found) == sorted(mine)
    assert {one.bytes for one in found} == {5}
    assert set(mine) | {OTHER_KEY} <= {one.key for one in store.under("t/")}
    for key in (*mine, OTHER_KEY, input_key("local", "job_11"), input_key("other", "job_1")):
        store.delete(key)


def test_what_is_listed_says_when_it_was_stored(store):
    before = datetime.now(UTC)
    put(store)
    [found] = store.under(job_prefix("local", "job_1"))
    assert abs(found.stored_at - before) < timedelta(seconds=30)


def test_nothing_is_below_a_prefix_that_nobody_used(store):
    assert list(store.under("t/nobody/job_1/")) == []


@pytest.mark.parametrize("prefix", ["", "t", "/", "t//", "../", "t/../", "t/.drafts/"])
def test_a_prefix_is_the_beginning_of_keys(store, prefix):
    with pytest.raises(ValueError, match="key"):
        list(store.under(prefix))


def test_what_was_finished_is_never_discarded(store):
    put(store)
    store.discard_unfinished(datetime.now(UTC) + timedelta(hours=1))
    assert read(store) == b"picture"


def test_parts_of_an_upload_that_never_ended_are_discarded_once_they_are_old(subject):
    if not subject.kind.startswith("s3"):
        pytest.skip("has no uploads in parts; its own tests say what it leaves behind")
    store, now = subject.store, datetime.now(UTC)
    named = {"Bucket": swift_server.BUCKET, "Key": store._path(KEY)}
    upload_id = store._client.create_multipart_upload(**named)["UploadId"]
    store._client.upload_part(**named, UploadId=upload_id, PartNumber=1, Body=b"x")
    if subject.kind != "s3_on_moto":  # to moto, every upload was begun in 2010
        assert store.discard_unfinished(now - timedelta(hours=1)) == 0
    assert store.discard_unfinished(now + timedelta(hours=1)) == 1
    assert not store._client.list_multipart_uploads(Bucket=swift_server.BUCKET).get("Uploads")
