"""The port to announced uploads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Upload:
    """What a client said it would upload. Times are Unix seconds."""

    id: str
    tenant: str
    key: str
    content_type: str
    bytes: int
    sha256: str | None
    expires_at: float
    """Until then bytes may be sent."""


class UploadStore(Protocol):
    """Uploads by id. Every method raises StoreUnavailable when the store does not answer."""

    def add(self, upload: Upload, keep_until: float) -> None:
        """Remember a new one; the sweep deletes it after `keep_until`."""

    def find(self, upload_id: str) -> Upload | None:
        """The upload of this id."""

    def keep(self, upload_id: str, until: float) -> None:
        """A job uses it: do not delete it before then."""

    def over(self, now: float, limit: int) -> Sequence[Upload]:
        """Uploads that nobody needs any more."""

    def forget(self, upload: Upload) -> None:
        """Remove the record, once its object is gone."""
