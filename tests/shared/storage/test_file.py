import errno
import io
import os
import socket
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from shared.errors import NotFound, SettingsInvalid, StorageUnavailable
from shared.settings import Settings
from shared.storage.file import FileObjectStore, connect

KEY = "t/local/job_1/input"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "objects"


@pytest.fixture
def store(root):
    return FileObjectStore(root, "http://127.0.0.1:8000", "made-up")


def put(store, content=b"picture", key=KEY):
    store.put(key, io.BytesIO(content), content_type="image/png")


def drafts(root):
    return os.listdir(root / ".drafts")


def test_no_draft_is_left_by_a_put_a_failure_or_a_check(store, root):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ConnectionResetError

    put(store)
    store.check()
    with pytest.raises(ConnectionResetError):
        store.put(KEY, Broken(), content_type="image/png")
    assert drafts(root) == []


def test_a_half_written_draft_of_a_killed_process_is_no_object(store, root):
    (root / ".drafts" / "dead").write_bytes(b"half")
    with pytest.raises(ValueError, match="not an object key"):
        store.stat(".drafts/dead")


def test_a_file_that_the_store_did_not_write_is_no_object(store, root):
    put(store)
    for content in (b"", b"short", b"x" * 500):
        (root / KEY).write_bytes(content)
        assert store.stat(KEY) is None
        with pytest.raises(NotFound):
            store.open(KEY)


def test_a_folder_is_no_object(store):
    put(store)
    assert store.stat("t/local") is None


@pytest.mark.parametrize("linked", [KEY, "t/local/job_1", "t/local", "t"])
def test_a_symlink_is_not_followed(store, root, tmp_path, linked):
    outside = FileObjectStore(tmp_path / "outside", "http://127.0.0.1:8000", "made-up")
    put(outside, b"secret")
    (root / linked).parent.mkdir(parents=True, exist_ok=True)
    (root / linked).symlink_to(tmp_path / "outside" / linked)
    assert store.stat(KEY) is None
    with pytest.raises(NotFound):
        store.open(KEY)
    store.delete(KEY)
    if linked != KEY:
        with pytest.raises(StorageUnavailable):
            put(store)
    with outside.open(KEY) as body:
        assert body.read() == b"secret"


def test_a_root_behind_a_symlink_is_fine(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = FileObjectStore(tmp_path / "link", "http://127.0.0.1:8000", "made-up")
    put(store)
    assert store.stat(KEY) is not None


def test_an_open_object_can_seek_for_ranges(store):
    put(store, bytes(range(200)))
    with store.open(KEY) as body:
        body.seek(190)
        assert body.read() == bytes(range(190, 200))
        body.seek(-5, os.SEEK_END)
        assert body.read(2) == bytes([195, 196])
        body.seek(500)
        assert body.read() == b""


def test_an_open_object_can_be_sent_by_the_kernel(store):
    put(store, b"0123456789")
    here, there = socket.socketpair()
    with here, there, store.open(KEY) as body:
        assert here.sendfile(body, count=store.stat(KEY).bytes) == 10
        here.close()
        assert there.recv(100) == b"0123456789"


def test_deleting_leaves_no_empty_folder(store, root):
    put(store)
    put(store, key="t/local/job_2/input")
    store.delete(KEY)
    assert os.listdir(root / "t" / "local") == ["job_2"]
    store.delete("t/local/job_2/input")
    assert os.listdir(root) == [".drafts"]


def test_puts_survive_deletions_beside_them(store):
    def churn():
        for _ in range(200):
            put(store, key="t/local/job_1/other")
            store.delete("t/local/job_1/other")

    thread = Thread(target=churn)
    thread.start()
    for _ in range(200):
        put(store)
        store.delete(KEY)
    thread.join()
    put(store)
    assert store.stat(KEY) is not None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_an_error_of_the_file_system_is_storage_unavailable_and_names_no_path(
    store, root, monkeypatch, number
):
    def fail(*_):
        raise OSError(number, os.strerror(number), str(root))

    monkeypatch.setattr(os, "write", fail)
    for call in (lambda: put(store), store.check):
        with pytest.raises(StorageUnavailable, match=os.strerror(number)) as raised:
            call()
        assert str(root) not in raised.value.detail
    monkeypatch.undo()
    assert drafts(root) == []
    assert store.stat(KEY) is None


def test_a_lost_folder_is_not_taken_for_missing_objects(store, root):
    put(store)
    root.rename(root.with_name("elsewhere"))
    for call in (lambda: store.stat(KEY), lambda: store.open(KEY), lambda: store.delete(KEY), store.check):
        with pytest.raises(StorageUnavailable):
            call()


def test_no_descriptor_leaks(store):
    put(store)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        put(store)
        store.stat(KEY)
        store.stat("t/none")
        with store.open(KEY) as body:
            body.read(1)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_url_opens_its_folder(tmp_path):
    settings = Settings(data_dir=tmp_path, signing_secret="made-up")
    put(connect((tmp_path / "a b").as_uri(), settings))
    assert (tmp_path / "a b" / KEY).is_file()


@pytest.mark.parametrize("url", ["file://var/objects", "file:var", "file:///x?y=1"])
def test_an_odd_url_is_refused(tmp_path, url):
    with pytest.raises(SettingsInvalid, match="absolute"):
        connect(url, Settings(data_dir=tmp_path, signing_secret="made-up"))


def test_a_put_waits_for_the_disk_with_the_file_and_each_folder_that_it_changed(store, root, monkeypatch):
    synced = []

    def noted(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}").removeprefix(str(root)))

    monkeypatch.setattr(os, "fsync", noted)
    put(store)

    draft, *folders = synced
    assert draft.startswith("/.drafts/")
    assert folders == ["/t/local/job_1", "/t/local", "/t", ""]
    synced.clear()
    put(store, key="t/local/job_1/matte")
    assert synced[1:] == ["/t/local/job_1"]


def test_drafts_of_killed_writers_are_discarded_once_they_are_old(store, root):
    now = datetime.now(UTC)
    for name, minutes in (("old", 61), ("young", 59)):
        (root / ".drafts" / name).write_bytes(b"half")
        written = (now - timedelta(minutes=minutes)).timestamp()
        os.utime(root / ".drafts" / name, (written, written))
    put(store)
    assert store.discard_unfinished(now - timedelta(hours=1)) == 1
    assert drafts(root) == ["young"]


def test_a_listing_leaves_out_what_no_key_can_name_and_follows_no_link(store, root, tmp_path):
    put(store)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_bytes(b"x")
    (root / "t" / "local" / "linked").symlink_to(elsewhere)
    (root / "t" / "local" / "a file of somebody's").write_bytes(b"x")
    (root / "t" / "local" / ".hidden").write_bytes(b"x")
    assert [found.key for found in store.under("t/")] == [KEY]


def test_a_listing_of_a_folder_that_is_gone_is_not_empty_but_an_error(store, root):
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(StorageUnavailable):
        list(store.under("t/"))
