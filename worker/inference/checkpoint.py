"""Weights files → official state dicts: torch checkpoints, safetensors and ncnn, told apart by their content.

Every float becomes float32. Whatever is wrong with a file is a ModelUnavailable whose text says what.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from shared.errors import ModelUnavailable
from worker.inference.ncnn import is_ncnn, read_ncnn
from worker.inference.recipe import Keys

StateDict = dict[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]
"""Official keys and shapes, in module order."""

# In what trainers put the weights; an averaged copy is preferred.
_WRAPPERS = ("params_ema", "params", "state_dict", "model_state_dict", "model", "net")
# Left behind by DataParallel and torch.compile, also one in the other.
_PREFIXES = ("module.", "_orig_mod.")
_NAMES_SHOWN = 8
_log = structlog.get_logger(__name__)


def read_state_dict(path: Path, shapes: Shapes, keys: Keys | None = None) -> StateDict:
    """Read the weights of the network with these `shapes`; every key is there, no other, each of its shape.

    Buffers that torch fills in itself are: missing batch counts become 0, the index of relative positions is
    dropped. Raises ModelUnavailable for a damaged file, a pickle that would execute code, another network's weights.
    """
    with path.open("rb") as file:
        start = file.read(9)
    if is_ncnn(start):
        return read_ncnn(path.read_bytes(), shapes)
    found = _from_safetensors(path) if start[8:] == b"{" else _from_torch(path)
    state = _translated(found, shapes, keys or Keys())
    _check(state, shapes)
    return {key: state[key] for key in shapes}


def _from_safetensors(path: Path) -> StateDict:
    try:
        return {key: value.astype(np.float32) for key, value in load_file(path).items()}
    except (SafetensorError, TypeError) as exc:
        raise ModelUnavailable(f"the safetensors weights cannot be read: {exc}") from exc


def _from_torch(path: Path) -> StateDict:
    """Read a `.pth`: only tensors and containers are unpickled."""
    loaded = _unpickle(path)
    while isinstance(loaded, dict) and (inside := _wrapped(loaded)) is not None:
        loaded = inside
    if not isinstance(loaded, dict) or not all(hasattr(value, "numpy") for value in loaded.values()):
        raise ModelUnavailable("the torch checkpoint holds no state dict")
    return {key: value.float().numpy() for key, value in loaded.items()}


def _wrapped(loaded: dict[str, Any]) -> dict[str, Any] | None:
    found = (loaded[name] for name in _WRAPPERS if isinstance(loaded.get(name), dict))
    return next(found, None)


def _unpickle(path: Path) -> Any:
    try:
        import torch  # noqa: PLC0415  (the extra may not be installed)
    except ImportError as exc:
        raise ModelUnavailable('reading a .pth file needs torch: install the extra "torch"') from exc
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of odd old pickles before it refuses them
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as exc:  # a damaged zip or pickle raises nearly anything
        raise ModelUnavailable("the file is not a readable or not a safe torch checkpoint") from exc


def _translated(found: StateDict, shapes: Shapes, keys: Keys) -> StateDict:
    """Under the network's own names, without what it has no use for, with what torch would fill in."""
    state = {_own(key, keys): value for key, value in found.items()}
    useless = [key for key in state if key not in shapes and _is_useless(key, keys)]
    if useless:
        _log.info("weights_ignored", **{"count": len(useless), "first": useless[0]})
    for key in useless:
        del state[key]
    for key, shape in shapes.items():
        if key not in state and (_leaf(key) == "num_batches_tracked" or key.startswith(keys.optional)):
            state[key] = np.zeros(shape, np.float32)
    return state


def _own(key: str, keys: Keys) -> str:
    while key.startswith(_PREFIXES):
        key = key.partition(".")[2]
    for theirs, ours in keys.renamed:
        if key.startswith(theirs):
            return ours + key.removeprefix(theirs)
    return key


def _is_useless(key: str, keys: Keys) -> bool:
    return _leaf(key) == "relative_position_index" or any(part in key.lower() for part in keys.ignored)


def _leaf(key: str) -> str:
    return key.rpartition(".")[2]


def _check(state: StateDict, shapes: Shapes) -> None:
    problems = [
        _listed("missing", [key for key in shapes if key not in state]),
        _listed("unexpected", [key for key in state if key not in shapes]),
        _listed(
            "of another shape", [key for key in shapes if key in state and state[key].shape != shapes[key]]
        ),
    ]
    if any(problems):
        raise ModelUnavailable(f"the weights are not this network's: {'; '.join(filter(None, problems))}")


def _listed(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - _NAMES_SHOWN} more" if len(keys) > _NAMES_SHOWN else ""
    return f"{what}: {', '.join(keys[:_NAMES_SHOWN])}{more}"
