"""What the official segmentation networks made of seeded weights and pictures, and how ours are held against it.

`keys/<name>.json.gz` holds an official state dict's names and shapes. `expected/<name>.npz` holds, for each case,
statistics of the tensors on the way (mean, deviation, the first 16 values, 16 spread over the whole) and every
n-th row and column of the map, as `<case>.<map>_s<n>`. The maps with every pixel are too large to keep here: tests
of those are skipped where they do not lie beside the repository.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.parity import seeded
from worker.segmentation.arch import build

HERE = Path(__file__).parent
EVERY_PIXEL = HERE.parents[2] / "shared" / "parity" / "expected"

# name of a recorded tensor → the module to watch, and what to take at its n-th call (None: nothing).
Taps = dict[str, tuple[str, Callable[[int, Any, Any], torch.Tensor | None]]]


@dataclass
class Pass:
    """What one run of our network gave."""

    output: np.ndarray
    statistics: dict[str, np.ndarray] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)


def output_of(module: str) -> tuple[str, Callable[[int, Any, Any], torch.Tensor]]:
    return module, lambda _call, _inputs, output: output


def official_keys(name):
    return json.loads(gzip.decompress((HERE / "keys" / f"{name}.json.gz").read_bytes()))


def seeded_state(name, seed=0):
    """Return the state dict that stands for the official checkpoint of `name`."""
    official = official_keys(name)
    keys = [(key, tuple(shape), dtype) for key, shape, dtype in official["keys"]]
    state = seeded.seeded_state_dict(keys, seed, tuple(official["skip"]))
    for key, factor in official.get("scales", {}).items():
        state[key].mul_(factor)
    return state


def seeded_network(name, **options):
    network = build(name, **options)
    network.load_state_dict(seeded_state(name), strict=True)
    return network.eval()


def recorded(name):
    return np.load(HERE / "expected" / f"{name}.npz")


def every_pixel(name):
    """Return the full recording, or skip."""
    path = EVERY_PIXEL / f"{name}.npz"
    if not path.exists():
        pytest.skip("the maps with every pixel are not beside this repository")
    return np.load(path)


def picture(expected, spec):
    """Return the seeded picture of `spec` (H, W, weight seed, image seed), normalised as the recording was."""
    height, width, _, seed = (int(value) for value in spec)
    mean, std = (torch.from_numpy(expected[f"norm_{key}"]).float()[:, None, None] for key in ("mean", "std"))
    return (torch.from_numpy(seeded.seeded_image(height, width, seed)) - mean) / std


def run(network, image, taps: Taps) -> Pass:
    """Call the network and take statistics of the tensors named in `taps` while they pass."""
    seen = Pass(np.empty(0))
    modules, calls = dict(network.named_modules()), dict.fromkeys(taps, 0)

    def watch(name, pick):
        def hook(_module, inputs, output):
            tensor = pick(calls[name], inputs, output)
            calls[name] += 1
            if tensor is not None:
                seen.statistics[name], seen.shapes[name] = statistics_of(tensor), list(tensor.shape)

        return hook

    hooks = [modules[path].register_forward_hook(watch(name, pick)) for name, (path, pick) in taps.items()]
    with torch.inference_mode():
        seen.output = network(image).numpy()
    for hook in hooks:
        hook.remove()
    return seen


def statistics_of(tensor):
    values = tensor.contiguous().numpy()
    flat = values.ravel()
    spread = np.linspace(0, flat.size - 1, 16).astype(np.int64)
    moments = [values.mean(dtype=np.float64), values.std(dtype=np.float64)]
    return np.concatenate((moments, flat[:16], flat[spread]))


def assert_same_way(seen: Pass, expected, case, tolerance):
    """Compare tensor after tensor in the network's order: the first that is off is where the fault lies."""
    names = [str(name) for name in expected[f"{case}.names"]]
    assert set(names) <= set(seen.statistics), "a recorded tensor is not watched"
    for index, name in enumerate(names):
        if f"{case}.shapes" in expected:
            assert seen.shapes[name] == list(expected[f"{case}.shapes"][index]), name
        theirs = expected[f"{case}.stats"][index]
        allowed = 10 * tolerance * max(1.0, float(theirs[1]))
        np.testing.assert_allclose(seen.statistics[name], theirs, rtol=0, atol=allowed, err_msg=name)


def assert_same_map(ours, expected, key, tolerance):
    """Compare a map with its recording `key`, which may hold every n-th row and column (`key_s<n>`)."""
    found = next(name for name in expected.files if name == key or name.startswith(f"{key}_s"))
    every = int(found.removeprefix(f"{key}_s")) if found != key else 1
    np.testing.assert_allclose(ours[..., ::every, ::every], expected[found], rtol=0, atol=tolerance)


def assert_official_keys(name):
    """Compare names, shapes, order and the number of parameters with the official state dict's."""
    official = official_keys(name)
    network = build(name)
    ours = [[key, list(value.shape)] for key, value in network.state_dict().items()]
    theirs = [[k, shape] for k, shape, _ in official["keys"] if k.rsplit(".", 1)[-1] not in official["skip"]]
    assert ours == theirs
    assert sum(parameter.numel() for parameter in network.parameters()) == official["parameters"]
