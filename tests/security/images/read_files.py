"""`python -m tests.security.images.read_files FOLDER`: reads each file there in a process of its own.

Prints a JSON object: file name → what became of it, in how many seconds, with how many more MB.
"""

import json
import os
import resource
import sys
import time
import traceback
import warnings
from pathlib import Path

from shared.errors import AppError
from tests.images import LIMITS
from worker.imaging.decode import decode

warnings.filterwarnings("ignore", category=UserWarning, module="PIL")

_GIVEN_UP_SECONDS = 60


def main(folder: Path) -> None:
    """Read them all."""
    json.dump({file.name: _apart(file.read_bytes()) for file in sorted(folder.iterdir())}, sys.stdout)


def _apart(data: bytes) -> dict[str, object]:
    """In a child, whose death or memory is its own."""
    here, there = os.pipe()
    child = os.fork()
    if not child:
        with os.fdopen(there, "w") as answer:
            json.dump(_read(data), answer)
            answer.flush()
            os._exit(0)
    os.close(there)
    with os.fdopen(here) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else {"outcome": f"died with {status}", "seconds": 0, "megabytes": 0}


def _read(data: bytes) -> dict[str, object]:
    resource.setrlimit(resource.RLIMIT_CPU, (_GIVEN_UP_SECONDS, _GIVEN_UP_SECONDS))
    before, began = _peak_megabytes(), time.process_time()
    try:
        photo = decode(data, LIMITS)
        outcome = "reads" if photo.rgb.size else "reads nothing"
    except AppError as error:
        outcome = error.code
    except BaseException:  # noqa: BLE001  whatever it is, the table shows it
        outcome = traceback.format_exc()
    # Time of its own, not of the clock: the machine may be busy with others.
    seconds = time.process_time() - began
    return {"outcome": outcome, "seconds": seconds, "megabytes": _peak_megabytes() - before}


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
