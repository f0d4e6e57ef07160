"""Runs a super-resolution network on tiles of one fixed side: OpenVINO on a CPU, torch on CUDA.

The torch network is converted once; the graph lies beside the weights from then on, so a later start needs
neither the conversion (4 to 30 s) nor torch.

**float32 on the CPU.** bf16 (OpenVINO's default where the processor has it) is twice as fast but not close
enough: largest and mean difference to torch in 8-bit levels, real weights, ×4, a 256² (RRDB: 128²) crop of a
portrait: realesr-animevideov3 3 and 0.22, realesr-general-x4v3 5 and 0.33, realesrgan-x4plus-anime 8 and
0.35, realesrgan-x4plus 9 and 0.52. Adding the compact networks' base picture outside the graph still leaves
2 and 0.14, 5 and 0.21. In float32 it is 1 and 0.0001 at most.
"""

import hashlib
import os
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import openvino
import structlog

from shared.catalog import ModelCard
from shared.errors import ModelUnavailable
from worker.upscaling.tiles import Pixels

PRECISION = "f32"
GRAPH_VERSION = 1  # raised when `arch` changes, so that graphs converted before are not used again

_conversion = threading.Lock()
_log = structlog.get_logger(__name__)


class TileNetwork(Protocol):
    """A network that enlarges square RGB tiles of one side."""

    side_px: int
    """Side of a tile going in."""
    scale: int
    """How many times larger a tile comes out."""

    def run(self, tile: Pixels) -> Pixels:
        """Enlarge uint8 (side, side, 3) to uint8 (scale·side, scale·side, 3); safe from several threads."""


def load_network(card: ModelCard, weights: Path, *, device: str, side_px: int) -> TileNetwork:
    """Load the network `card.arch` for tiles of `side_px`.

    Raises ModelUnavailable where torch is needed and missing, `cuda` is asked for and there is none, or the
    weights are damaged or another network's.
    """
    if device == "cuda":
        torch_runtime = _torch_runtime()
        network: TileNetwork = torch_runtime.CudaNetwork(
            torch_runtime.load(card.arch, weights), side_px, card.scale
        )
        return network
    return OpenVinoNetwork(_graph(card.arch, weights, side_px), side_px, card.scale)


class OpenVinoNetwork:
    """A converted graph, compiled for this machine's CPU."""

    def __init__(self, graph: Any, side_px: int, scale: int) -> None:
        self.side_px, self.scale = side_px, scale
        options = {"INFERENCE_PRECISION_HINT": PRECISION, "PERFORMANCE_HINT": "LATENCY"}
        self._request = openvino.Core().compile_model(graph, "CPU", options).create_infer_request()
        # One request uses all cores; two at a time would only share them and double the memory.
        self._turn = threading.Lock()

    def run(self, tile: Pixels) -> Pixels:
        """Enlarge one tile."""
        with self._turn:
            return np.asarray(self._request.infer([tile[None]])[0][0], np.uint8)


def _torch_runtime() -> ModuleType:
    try:
        from worker.upscaling import torch_runtime  # noqa: PLC0415  (torch is an extra)
    except ImportError as exc:
        raise ModelUnavailable('Real-ESRGAN needs torch: install the extra "torch"') from exc
    return torch_runtime


def _graph(arch: str, weights: Path, side_px: int) -> Any:
    """The graph for tiles of `side_px`: the file beside the weights, or converted now, one at a time."""
    with _conversion:
        path = weights.with_name(_graph_name(weights, side_px))
        kept = _read(path)
        if kept is not None:
            return kept
        torch_runtime = _torch_runtime()
        graph = torch_runtime.convert(torch_runtime.load(arch, weights), side_px)
        _keep(graph, path)
        return graph


def _graph_name(weights: Path, side_px: int) -> str:
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
    return f"{weights.stem}.{digest}.{side_px}px.{PRECISION}.v{GRAPH_VERSION}.xml"


def _read(path: Path) -> Any | None:
    if not path.exists():
        return None
    try:
        return openvino.Core().read_model(path)
    except RuntimeError as exc:  # OpenVINO raises nothing narrower
        _log.warning("graph_unreadable", file=path.name, reason=str(exc))
        return None


def _keep(graph: Any, path: Path) -> None:
    """Save a graph whole or not at all; a folder that cannot be written to is no error.

    The `.xml`, by which a graph is found, appears last.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            openvino.save_model(graph, made, compress_to_fp16=False)
            for suffix in (".bin", ".xml"):
                os.replace(made.with_suffix(suffix), path.with_suffix(suffix))
    except OSError as exc:
        _log.warning("graph_not_kept", file=path.name, reason=exc.strerror)
