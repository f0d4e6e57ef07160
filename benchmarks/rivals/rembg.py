"""rembg 2.0.86 with the same IS-Net weights file, in `.venv-rembg` (its OpenCV and Pillow are not ours)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

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


class RembgServer:
    """A client of rembg's own HTTP server."""

    def __init__(self, port: int, weights: Path) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600)
        self._asked = {"extras": json.dumps({"model_path": str(weights)})}

    def cut_out(self, photo: bytes) -> bytes:
        """The cut-out as PNG. Raises AssertionError for any other answer."""
        answer = self._http.post(
            "/api/remove", params=self._asked, data={"model": "dis_custom"}, files={"file": photo}
        )
        assert answer.status_code == 200, answer.text
        return answer.content


def server_command(port: int) -> list[str]:
    """Starts rembg's server; installs it first where it is not."""
    _install()
    return [str(_PYTHON.with_name("rembg")), "s", "--host", "127.0.0.1", "--port", str(port), "--no-ui",
            "--log_level", "warning"]  # fmt: skip


def _install() -> None:
    if not _PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", _PYTHON.parents[1]], check=True)
        subprocess.run([_PYTHON, "-m", "pip", "install", "--quiet", "rembg[cpu,cli]==2.0.86"], check=True)


@contextmanager
def rembg(weights: Path) -> Iterator[Rembg]:
    """rembg with its session loaded; installed first where it is not."""
    _install()
    script = Path(__file__).with_name("rembg_remove.py")
    # -P: this folder, which holds a module of the same name, stays out of its path.
    command = [_PYTHON, "-P", script, weights]
    env = {**os.environ, "U2NET_HOME": str(weights.parent)}  # it refuses weights from elsewhere
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        yield Rembg(process)
        process.stdin.close()
