"""Deletes uploads that no job has used, or whose jobs are over: for the keeper to call."""

import time

import structlog

from shared.storage.port import ObjectStore
from shared.uploads.store import UploadStore

_log = structlog.get_logger(__name__)

_PAGE = 100
"""Uploads a pass looks at."""


def sweep_uploads(uploads: UploadStore, objects: ObjectStore) -> int:
    """One pass; returns how many went. Raises StoreUnavailable or StorageUnavailable; the next pass goes on."""
    over = uploads.over(time.time(), _PAGE)
    for upload in over:
        objects.delete(upload.key)  # first, so that what fails here is found again
        uploads.forget(upload)
        _log.info("upload_deleted", upload_id=upload.id)
    return len(over)
