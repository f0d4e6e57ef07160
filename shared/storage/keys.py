"""Every object key: how it is laid out, and what may stand in one."""

import hashlib
import json
import re
from collections.abc import Mapping

MAX_KEY_LENGTH = 512
ROOT = "t/"
"""What the keys of all tenants start with."""

# No dot in a part, so `..` cannot be written; no upper limit of S3 or of a file system is near.
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{16}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,149}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,149})*")


def job_prefix(tenant: str, job: str) -> str:
    """What every key of the job starts with, up to and including the slash."""
    return f"t/{_part(tenant)}/{_part(job)}/"


def input_key(tenant: str, job: str) -> str:
    """The picture as it came in."""
    return f"{job_prefix(tenant, job)}input"


def stage_key(tenant: str, job: str, stage: str, params_hash: str, extension: str) -> str:
    """An artefact between stages: the same parameters, the same key, so that a repeated stage finds it."""
    return f"{job_prefix(tenant, job)}{_part(stage)}-{_file(params_hash, extension)}"


def output_key(tenant: str, job: str, name: str, content_hash: str, extension: str) -> str:
    """A result handed to the caller."""
    return f"{job_prefix(tenant, job)}{_part(name)}-{_file(content_hash, extension)}"


def batch_lines_key(tenant: str, batch: str, place: int) -> str:
    """One of the objects that hold a batch's lines, counted from 0."""
    return f"t/{_part(tenant)}/{_part(batch)}/lines-{place:05d}.ndjson.gz"


def hash_params(params: Mapping[str, object]) -> str:
    """16 hex digits that depend on the parameters' values only, not on their order.

    Takes what JSON can say (a spec's `model_dump(mode="json")`). Raises TypeError or ValueError for the rest.
    """
    if not all(isinstance(name, str) for name in params):
        raise TypeError("parameter names are strings")
    canonical = json.dumps(params, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def check_key(key: str) -> str:
    """The key itself. Raises ValueError unless each part is plain: no `..`, no empty part, nothing hidden."""
    if not is_key(key):
        raise ValueError(f"not an object key: {key[:80]!r}")
    return key


def is_key(key: str) -> bool:
    """Whether `check_key` lets it pass."""
    return len(key) <= MAX_KEY_LENGTH and _KEY.fullmatch(key) is not None


def check_prefix(prefix: str) -> str:
    """The prefix itself. Raises ValueError unless it is the beginning of keys, up to and including a slash."""
    if not prefix.endswith("/"):
        raise ValueError(f"not the prefix of an object key: {prefix[:80]!r}")
    check_key(prefix.removesuffix("/"))
    return prefix


def owner_of(key: str) -> tuple[str, str] | None:
    """The tenant and the id of the job, upload or batch that a key belongs to; None for a key laid out otherwise."""
    parts = key.split("/")
    return (parts[1], parts[2]) if len(parts) == 4 and parts[0] == ROOT.rstrip("/") else None


def _part(part: str) -> str:
    if not _PART.fullmatch(part):
        raise ValueError(f"not a part of an object key: {part[:80]!r}")
    return part


def _file(content_hash: str, extension: str) -> str:
    if not _HASH.fullmatch(content_hash) or not _EXTENSION.fullmatch(extension):
        raise ValueError(f"not a hash and an extension: {content_hash[:80]!r}, {extension[:80]!r}")
    return f"{content_hash}.{extension}"
