"""rembg 2.0.86 with the same IS-Net weights file, in `.venv-rembg` (its OpenCV and Pillow are not ours)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PYTHON = _ROOT / ".venv-rembg/bin/python"


class Rembg:
    """A resident rembg."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert self._line() == "ready"

    def remove(self, photo: Path) -> float:
        """Seconds from the photo's bytes to the PNG's."""
        self._process.stdin.write(f"{photo}\n")
        self._process.stdin.flush()
        return float(self._line().split()[0])

    def _line(self) -> str:
        return self._process.stdout.readline().strip()


@contextmanager
def rembg(weights: Path) -> Iterator[Rembg]:
    """rembg with its session loaded; installed first where it is not."""
    if not _PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", _PYTHON.parents[1]], check=True)
        subprocess.run([_PYTHON, "-m", "pip", "install", "--quiet", "rembg[cpu,cli]==2.0.86"], check=True)
    script = Path(__file__).with_name("rembg_remove.py")
    # -P: this folder, which holds a module of the same name, stays out of its path.
    command = [_PYTHON, "-P", script, weights]
    env = {**os.environ, "U2NET_HOME": str(weights.parent)}  # it refuses weights from elsewhere
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        yield Rembg(process)
        process.stdin.close()
