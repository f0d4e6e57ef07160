"""What every weights source is given, and how it says that it has nothing."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

Progress = Callable[[int, int | None], None]
"""Called with bytes done and bytes in all (None while unknown)."""

_TIMEOUT_SECONDS = 30.0
"""Longest silence of a server."""


class SourceFailed(Exception):
    """This source cannot give the file; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What sources need beside the row of the catalogue."""

    model_dir: Path | None
    progress: Progress
    hub_url: str = ""
    """A hub other than huggingface.co."""


def run_client(command: Sequence[str], timeout_seconds: float = 900) -> str:
    """Run a package client and return what it printed. Raises SourceFailed with its last line."""
    program = shutil.which(command[0])
    if program is None:
        raise SourceFailed(f"{command[0]} is not installed")
    try:
        done = subprocess.run(  # noqa: S603  the arguments are rows of our own catalogue
            [program, *command[1:]], capture_output=True, text=True, timeout=timeout_seconds, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise SourceFailed(f"{command[0]} took longer than {timeout_seconds:.0f} s") from error
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()] or ["no message"]
        raise SourceFailed(f"{command[0]} said: {lines[-1][:200]}") from error
    return done.stdout


def download(url: str, target: Path, progress: Progress) -> Path:
    """Fetch a URL into a file, following redirects. Raises SourceFailed."""
    try:
        with (
            httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT_SECONDS) as answer,
            target.open("wb") as out,
        ):
            answer.raise_for_status()
            total = int(answer.headers.get("Content-Length", 0)) or None
            for block in answer.iter_bytes(1 << 20):
                out.write(block)
                progress(out.tell(), total)
    except httpx.HTTPStatusError as error:
        raise SourceFailed(f"HTTP {error.response.status_code} from {error.request.url.host}") from error
    except httpx.HTTPError as error:
        raise SourceFailed(f"{type(error).__name__}: {error}"[:200]) from error
    return target
