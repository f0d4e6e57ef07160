"""A file's fingerprint."""

import hashlib
from pathlib import Path


def digest_of(file: Path, algorithm: str = "sha256") -> str:
    """In hexadecimal, by one of hashlib's algorithms. Raises OSError, ValueError for an unknown algorithm."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, algorithm).hexdigest()
