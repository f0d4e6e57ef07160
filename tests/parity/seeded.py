# ruff: noqa: B007, PLC0415, PLR0911
"""Deterministic weights and inputs for architecture parity checks.

A real checkpoint of these networks is hundreds of megabytes. A parity check needs
only that the *same* numbers reach the reference network and ours, so every tensor is
drawn from a generator seeded by its official ``state_dict`` key: the key list
(``keys/<model>.json``, ``[[name, shape, dtype], ...]``) is then all that has to be
stored. An implementation that accepts ``seeded_state_dict(keys, seed)`` with
``strict=True`` and reproduces ``expected/<model>.npz`` loads the official weights and
computes what the official code computes.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import numpy as np


def _generator(label: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}:{label}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "little")))


def seeded_array(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return the float32 (or int64) array that stands for parameter or buffer ``name``."""
    rng = _generator(name, seed)
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    if leaf == "running_var":
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if leaf == "running_mean":
        return (0.1 * rng.standard_normal(shape)).astype(np.float32)
    if leaf == "bias":
        return (0.05 * rng.standard_normal(shape)).astype(np.float32)
    if leaf == "relative_position_bias_table":
        return (0.2 * rng.standard_normal(shape)).astype(np.float32)
    if len(shape) == 1:
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if len(shape) >= 2:
        fan_in = max(1, math.prod(shape[1:]))
        return (math.sqrt(1.0 / fan_in) * rng.standard_normal(shape)).astype(np.float32)
    return (0.1 * rng.standard_normal(shape)).astype(np.float32)


def load_keys(path: str | Path) -> list[tuple[str, tuple[int, ...], str]]:
    """Read ``keys/<model>.json``; dtype is the official one (``float32``, ``int64``)."""
    return [(n, tuple(s), d) for n, s, d in json.loads(Path(path).read_text())["keys"]]


def seeded_state_dict(keys, seed: int, skip: tuple[str, ...] = ()) -> dict:
    """Build a torch ``state_dict`` for ``keys``; names whose leaf is in ``skip`` are left
    out (buffers that a network computes itself, such as ``relative_position_index``)."""
    import torch

    out = {}
    for name, shape, _dtype in keys:
        if name.rsplit(".", 1)[-1] in skip:
            continue
        out[name] = torch.from_numpy(np.array(seeded_array(name, shape, seed)))
    return out


def state_dict_for(path: str | Path, seed: int) -> dict:
    """Build the ``state_dict`` of ``keys/<model>.json``: seeded tensors, times the file's
    ``gain`` (two or more dimensions), times its ``scales`` (by name), without ``skip``."""
    spec = json.loads(Path(path).read_text())
    out = seeded_state_dict(load_keys(path), seed, tuple(spec.get("skip", ())))
    gain = spec.get("gain", 1.0)
    for name, tensor in out.items():
        if tensor.dim() >= 2 and gain != 1.0:
            tensor.mul_(gain)
    for name, factor in spec.get("scales", {}).items():
        out[name].mul_(factor)
    return out


def seeded_image(height: int, width: int, seed: int) -> np.ndarray:
    """Return a smooth RGB test image, ``(1, 3, H, W)`` float32 in [0, 1], before any
    mean/std normalisation."""
    rng = _generator(f"image:{height}x{width}", seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = []
    for _ in range(3):
        fx, fy, p = rng.uniform(0.01, 0.12, 3)
        planes.append(0.5 + 0.35 * np.sin(fx * x + fy * y + 40 * p))
    image = np.stack(planes)[None] + 0.05 * rng.standard_normal((1, 3, height, width))
    return np.clip(image, 0, 1).astype(np.float32)
