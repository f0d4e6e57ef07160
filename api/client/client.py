"""A client for the Cutroom API in one file, on httpx alone: copy it into your project if you like.

    with CutroomClient("http://127.0.0.1:8000") as cutroom:
        job = cutroom.submit(Path("cat.jpg"), {"effects": [{"type": "drop_shadow"}]})
        job = cutroom.wait(job["id"])
        cutroom.download(job["outputs"][0], Path("cat.png"))

A job is the document that `GET /v1/jobs/{id}` answers, as a dict.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import httpx

Json = dict[str, Any]

FINAL = frozenset({"succeeded", "failed", "canceled", "expired"})
"""The statuses after which nothing more happens."""

CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heic",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
}
"""Of the pictures that can be uploaded, by the end of their names."""

_CHUNK_BYTES = 1 << 16
_SLOWEST_POLL_SECONDS = 5.0
_TRANSIENT = frozenset({429, 502, 503, 504})


class CutroomError(Exception):
    """Something went wrong between you and the service."""


class Unreachable(CutroomError):
    """No answer: the server is not there, or the connection broke."""


class Refused(CutroomError):
    """The server answered with a problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Json, request_id: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or f"HTTP {status}"))
        self.status = status
        self.problem = problem
        """The whole document; `problem["errors"]` names the fields that are wrong."""
        self.code = str(problem.get("code", ""))
        """Stable: branch on this."""
        self.request_id = request_id
        """Finds the request in the server's log."""
        self.retry_after_seconds = retry_after_seconds
        """When to ask again, where the server says so."""


class JobNotDone(CutroomError):
    """The job did not end in time."""


class NotAPicture(CutroomError):
    """The file's name does not end as a picture's does, or there is nothing in it."""


class DownloadDamaged(CutroomError):
    """What arrived is not what the server said it stored."""


class CutroomClient:
    """Talks to one server. Methods raise Refused or Unreachable. A context manager; or `close` it."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout_seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`api_key` is shown to this server only, never to the storage that results are downloaded from."""
        self._http = httpx.Client(
            base_url=base_url, timeout=timeout_seconds, transport=transport, follow_redirects=True
        )
        self._shown = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._etags: dict[str, tuple[str, Json]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, picture: Path, spec: Mapping[str, Any] | None = None) -> Json:
        """Post a picture, streamed from disk, and what to do with it; answers the new job."""
        with picture.open("rb") as body:
            parts = {
                "image": (picture.name, body),
                "spec": (None, json.dumps(spec or {}), "application/json"),
            }
            return _json(self.send("POST", "/v1/jobs", files=parts))

    def submit_url(self, url: str, spec: Mapping[str, Any] | None = None) -> Json:
        """Have the server fetch the picture itself."""
        return _json(self.send("POST", "/v1/jobs", json={**(spec or {}), "input": {"url": url}}))

    def upload(self, picture: Path) -> str:
        """Send a picture straight to storage, past the API; answers the upload's id, for a job's `input`.

        Raises NotAPicture.
        """
        announced = {"content_type": content_type_of(picture), "bytes": picture.stat().st_size}
        if not announced["bytes"]:
            raise NotAPicture(f"{picture.name} is empty")
        signed = _json(self.send("POST", "/v1/uploads", json=announced))
        with picture.open("rb") as body, _reachable():
            _check(
                self._http.request(signed["method"], signed["url"], headers=signed["headers"], content=body)
            )
        return str(signed["id"])

    def get(self, job_id: str) -> Json:
        """The job now. An unchanged job costs no body: its ETag is remembered."""
        return self._poll(f"/v1/jobs/{job_id}")[0]

    def wait(
        self,
        job_id: str,
        *,
        on_change: Callable[[Json], None] | None = None,
        timeout_seconds: float = float("inf"),
        poll_seconds: float | None = None,
    ) -> Json:
        """Poll until the job has ended, and answer it, whatever became of it. The rest is as `follow` has it."""
        path = f"/v1/jobs/{job_id}"
        return self.follow(
            path, on_change=on_change, timeout_seconds=timeout_seconds, poll_seconds=poll_seconds
        )

    def follow(
        self,
        path: str,
        *,
        on_change: Callable[[Json], None] | None = None,
        timeout_seconds: float = float("inf"),
        poll_seconds: float | None = None,
    ) -> Json:
        """Poll what is at `path`, a job or a batch, until it has ended, and answer it.

        Asks when `Retry-After` says, and ever more rarely while nothing changes; `poll_seconds` overrides
        both, for somebody who watches. A server that is away for a moment is waited for. Raises JobNotDone.
        """
        deadline = time.monotonic() + timeout_seconds
        last: Json = {}
        pause = 0.0
        while True:
            job, retry_after = self._patiently(path, deadline)
            if on_change and job != last:
                on_change(job)
            if job["status"] in FINAL:
                return job
            patience = min(pause * 1.5, _SLOWEST_POLL_SECONDS) if job == last else 0.0
            pause = poll_seconds or max(retry_after, patience)
            last = job
            if time.monotonic() + pause > deadline:
                raise JobNotDone(f"{job['id']} is still {job['status']} after {timeout_seconds:g} s")
            time.sleep(pause)

    def cancel(self, job_id: str) -> Json:
        """Cancel the job; answers it. Harmless when it has ended."""
        return _json(self.send("POST", f"/v1/jobs/{job_id}/cancel"))

    def download(self, output: Mapping[str, Any], target: Path) -> Path:
        """Write one of a job's `outputs` to `target`: whole and checked, or not at all."""
        with _replacing(target) as draft, _reachable():
            with self._http.stream("GET", output["url"]) as response:
                _check(response)
                size = sum(draft.write(chunk) for chunk in response.iter_bytes(_CHUNK_BYTES))
            if size != output["bytes"]:
                raise DownloadDamaged(f"{size} bytes arrived of {output['bytes']}")
        return target

    def models(self) -> list[Json]:
        """The models, with licence and measured speed."""
        return cast(list[Json], _json(self.send("GET", "/v1/models"))["data"])

    def is_ready(self) -> bool:
        """Whether the server could do a job now."""
        return not self.missing_parts()

    def missing_parts(self) -> list[str]:
        """What the server lacks to do a job, such as `queue:gpu.interactive`; empty when it is ready."""
        try:
            self.send("GET", "/readyz")
        except Refused as refusal:
            return [error["field"] for error in refusal.problem.get("errors", [])] or [refusal.code]
        except Unreachable:
            return ["api"]
        return []

    def send(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Any other request; `content` is what httpx takes. Raises Refused or Unreachable."""
        headers = {**self._shown, **content.pop("headers", {})}
        with _reachable():
            response = self._http.request(method, path, headers=headers, **content)
        _check(response)
        return response

    @contextmanager
    def streamed(self, path: str) -> Iterator[Iterator[str]]:
        """The lines of an answer that may be long. Raises Refused or Unreachable."""
        with _reachable(), self._http.stream("GET", path, headers=self._shown) as response:
            _check(response)
            yield response.iter_lines()

    def _patiently(self, path: str, deadline: float) -> tuple[Json, float]:
        """What is there and `Retry-After`; asks again while the server is away, for up to a minute."""
        give_up = min(deadline, time.monotonic() + 60)
        while True:
            try:
                return self._poll(path)
            except (Unreachable, Refused) as error:
                lasting = isinstance(error, Refused) and error.status not in _TRANSIENT
                if lasting or time.monotonic() + 1 > give_up:
                    raise
            time.sleep(1)

    def _poll(self, path: str) -> tuple[Json, float]:
        tag, known = self._etags.get(path, ("", {}))
        response = self.send("GET", path, headers={"If-None-Match": tag} if tag else {})
        job = known if response.status_code == httpx.codes.NOT_MODIFIED else _json(response)
        if "ETag" in response.headers:
            self._etags[path] = (response.headers["ETag"], job)
        return job, _seconds(response.headers.get("Retry-After"))


def _check(response: httpx.Response) -> None:
    if response.status_code < httpx.codes.BAD_REQUEST:
        return
    response.read()
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    found = problem if isinstance(problem, dict) else {}
    retry_after = _number(response.headers.get("Retry-After"))
    raise Refused(response.status_code, found, response.headers.get("X-Request-ID", ""), retry_after)


def _json(response: httpx.Response) -> Json:
    try:
        return cast(Json, response.json())
    except ValueError:
        raise Unreachable(f"{response.url} does not answer as Cutroom does") from None


def _seconds(retry_after: str | None) -> float:
    return _number(retry_after) or _SLOWEST_POLL_SECONDS


def _number(text: str | None) -> float:
    try:
        return float(text or 0.0)
    except ValueError:
        return 0.0


def content_type_of(picture: Path) -> str:
    """The media type that belongs to the file's name. Raises NotAPicture."""
    try:
        return CONTENT_TYPES[picture.suffix.lower()]
    except KeyError:
        raise NotAPicture(f"{picture.name}: none of {', '.join(CONTENT_TYPES)}") from None


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


@contextmanager
def _replacing(target: Path) -> Iterator[Any]:
    """A draft beside `target` that takes its place when all went well, and is gone otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as draft:
            yield draft
        # mkstemp makes files for the owner's eyes only; a result is an ordinary file.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
