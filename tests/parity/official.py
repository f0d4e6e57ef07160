"""The official networks' answers, and how ours are held against them.

`keys/` holds the official state dicts' names and shapes, `expected/` what the official code made of `seeded`
weights and pictures (torch 2.12, CPU, float32), as every Nth row and column. Where `../shared/parity` is there, its
whole outputs are read instead.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity import seeded
from worker.segmentation.arch import build

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "parity"


def keys_of(name):
    """The official names and shapes with what belongs to them: `keys`, `params`, `gain`."""
    return json.loads(gzip.decompress((HERE / "keys" / f"{name}.json.gz").read_bytes()))


def seeded_weights(name, seed):
    """A state dict under the official names."""
    spec = keys_of(name)
    keys = [(key, tuple(shape), dtype) for key, shape, dtype in spec["keys"]]
    weights = seeded.seeded_state_dict(keys, seed, tuple(spec["skip"]))
    for tensor in weights.values():
        if tensor.dim() >= 2:
            tensor.mul_(spec["gain"])
    return weights


def seeded_network(name, seed=0):
    """Our network with seeded weights, loaded as the official file would be."""
    network = build(name).eval()
    network.load_state_dict(seeded_weights(name, seed), strict=True)
    return network


def vectors_of(name):
    """The official outputs, whole where the shared folder is there."""
    whole = SHARED / "expected" / f"{name}.npz"
    return np.load(whole if whole.exists() else HERE / "expected" / f"{name}.npz")


def whole_vectors_of(name):
    """The official outputs with the end-to-end masks, which are not kept here; skips where there are none."""
    whole = SHARED / "expected" / f"{name}.npz"
    if not whole.exists():
        pytest.skip("the whole vectors are not here")
    return np.load(whole)


def picture_of(vectors, case=""):
    """The seeded picture of a case (`""` or `"b_"`), RGB (1, 3, H, W), 0..1."""
    height, width, seed = (int(value) for value in vectors[f"{case}input_spec"])
    return torch.from_numpy(seeded.seeded_image(height, width, seed))


def normalised(picture, vectors):
    """The picture as the network wants it."""
    mean, deviation = (torch.from_numpy(vectors[key]).reshape(3, 1, 1) for key in ("norm_mean", "norm_std"))
    return (picture - mean) / deviation


def run(network, vectors, call, also=()):
    """Give the outputs of the modules that the vectors name and of `also`, and what `call` returned under ""."""
    modules = dict(network.named_modules())
    seen = {}
    hooks = [
        modules[name].register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
        for name in (*_middles(vectors), *also)
    ]
    with torch.inference_mode():
        seen[""] = call()
    for hook in hooks:
        hook.remove()
    return seen


def assert_keys_equal(name):
    """Names, order, shapes and number of parameters."""
    official = keys_of(name)
    network = build(name)
    ours = [[key, list(value.shape)] for key, value in network.state_dict().items()]
    assert ours == [[key, shape] for key, shape, _ in official["keys"]]
    assert sum(parameter.numel() for parameter in network.parameters()) == official["params"]


def assert_middles_equal(seen, vectors, atol=1e-4):
    """Compare in the order of the network: the first that fails is where to look; `atol` in deviations."""
    for name in _middles(vectors):
        ours = seen[name].numpy()
        assert list(ours.shape) == list(vectors[f"mid.{name}.shape"]), name
        scale = float(vectors[f"mid.{name}.mean_std"][1])
        statistics = [ours.mean(dtype=np.float64), ours.std(dtype=np.float64)]
        np.testing.assert_allclose(
            statistics, vectors[f"mid.{name}.mean_std"], rtol=0, atol=0.1 * atol * scale, err_msg=name
        )
        first = vectors[f"mid.{name}.first16"]
        np.testing.assert_allclose(ours.ravel()[:16], first, rtol=0, atol=atol * scale, err_msg=name)


def assert_equal(ours, vectors, key, atol):
    """Compare with the vector `key`, or with every Nth row and column where it is kept as `key`_subN."""
    largest, _ = difference(ours, vectors, key)
    assert largest <= atol, key


def difference(ours, vectors, key):
    """The largest and the mean difference to a vector, subsampled or not."""
    stored = next(name for name in vectors.files if name == key or name.startswith(f"{key}_sub"))
    step = 1 if stored == key else int(stored.removeprefix(f"{key}_sub"))
    ours = np.asarray(ours)[..., ::step, ::step]
    assert ours.shape == vectors[stored].shape, key
    gaps = np.abs(ours - vectors[stored])
    return float(gaps.max()), float(gaps.mean())


def _middles(vectors):
    return [key[4:-9] for key in vectors.files if key.startswith("mid.") and key.endswith(".mean_std")]
