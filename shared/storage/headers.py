"""What HTTP says of a stored object: its content type and the file name it is saved under."""

import re
from urllib.parse import quote

MAX_CONTENT_TYPE_LENGTH = 100
MAX_FILENAME_LENGTH = 150

_CONTENT_TYPE = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*(; ?[a-z0-9-]+=[A-Za-z0-9._-]+)?"
)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"\\/:*?<>|%;]')


def check_content_type(content_type: str) -> str:
    """The type itself. Raises ValueError unless it is a plain media type that fits in one header."""
    if len(content_type) > MAX_CONTENT_TYPE_LENGTH or not _CONTENT_TYPE.fullmatch(content_type):
        raise ValueError(f"not a content type: {content_type[:80]!r}")
    return content_type


def attachment(filename: str) -> str:
    """The Content-Disposition that saves an object as `filename` (RFC 6266), whatever that string holds."""
    safe = safe_filename(filename)
    # The plain form is for old clients; whatever is not ASCII survives only in the second.
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def safe_filename(filename: str) -> str:
    """The name without control characters, quotes and paths: an underscore stands for each."""
    return _UNSAFE.sub("_", filename)[:MAX_FILENAME_LENGTH].strip(" .") or "file"
