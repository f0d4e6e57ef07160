"""What every weights source is given, and how it says that it has nothing."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[int, int | None], None]
"""Called with bytes done and bytes in all (None while unknown)."""


class SourceFailed(Exception):
    """This source cannot give the file; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What sources need beside the row of the catalogue."""

    model_dir: Path | None
    progress: Progress


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
