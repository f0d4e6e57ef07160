"""Uploads that nobody needs any more."""

import io
import time

import pytest

from shared.errors import StorageUnavailable
from shared.storage.memory import MemoryObjectStore
from shared.uploads.redis_store import RedisUploadStore
from shared.uploads.store import Upload
from shared.uploads.sweep import sweep_uploads

UPLOAD = Upload("upl_1", "acme", "t/acme/upl_1/input", "image/png", 3, None, 9e9)


@pytest.fixture
def uploads(redis):
    return RedisUploadStore(redis)


@pytest.fixture
def objects():
    objects = MemoryObjectStore()
    objects.put(UPLOAD.key, io.BytesIO(b"abc"), content_type="image/png")
    return objects


def test_an_upload_is_what_it_was(uploads):
    uploads.add(UPLOAD, 9e9)
    assert (uploads.find("upl_1"), uploads.find("upl_2")) == (UPLOAD, None)


def test_one_that_is_over_goes_with_its_object(uploads, objects):
    uploads.add(UPLOAD, time.time() - 1)
    assert sweep_uploads(uploads, objects) == 1
    assert (uploads.find("upl_1"), objects.stat(UPLOAD.key)) == (None, None)
    assert sweep_uploads(uploads, objects) == 0


def test_one_that_a_job_needs_stays(uploads, objects):
    uploads.add(UPLOAD, time.time() - 1)
    uploads.keep("upl_1", time.time() + 60)
    uploads.keep("upl_1", time.time() - 60)  # never sooner
    assert sweep_uploads(uploads, objects) == 0
    assert objects.stat(UPLOAD.key)


def test_nothing_is_forgotten_while_storage_is_down(uploads, objects):
    uploads.add(UPLOAD, time.time() - 1)
    objects.is_down = True
    with pytest.raises(StorageUnavailable):
        sweep_uploads(uploads, objects)
    objects.is_down = False
    assert sweep_uploads(uploads, objects) == 1
