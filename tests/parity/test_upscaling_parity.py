"""Our super-resolution networks against the official ones: seeded weights, recorded outputs.

`keys/` holds the official state dicts' names and shapes; `expected/` what the official code (basicsr 1.4.2,
xinntao/Real-ESRGAN a4abfb29; torch 2.12, CPU, float32) made of `seeded` weights and picture. Every third row
and column of an output is kept.
"""

import gzip
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from worker.upscaling.arch import build  # noqa: E402  (only where torch is)

HERE = Path(__file__).parent
# Largest difference allowed in float32; the noise of float32 against float64 is 20 to 50 times smaller.
TOLERANCES = {
    "rrdbnet_x4": 1e-3,
    "rrdbnet_x2": 1e-3,
    "rrdbnet_anime6b": 1e-4,
    "srvgg_general": 2e-4,
    "srvgg_anime": 2e-4,
}
EVERY = 3


def _load_seeded():
    spec = importlib.util.spec_from_file_location("parity_seeded", HERE / "seeded.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


seeded = _load_seeded()


def _official_keys(name):
    return json.loads(gzip.decompress((HERE / "keys" / f"{name}.json.gz").read_bytes()))


def _seeded_network(name, seed):
    network = build(name)
    keys = [(key, tuple(shape), dtype) for key, shape, dtype in _official_keys(name)["keys"]]
    network.load_state_dict(seeded.seeded_state_dict(keys, seed), strict=True)
    return network


def _expected(name):
    return np.load(HERE / "expected" / f"{name}.npz")


def _picture(spec):
    height, width, seed = (int(value) for value in spec)
    return torch.from_numpy(seeded.seeded_image(height, width, seed))


def _outputs_of(network, names, picture):
    """Run the network and return the outputs of the modules `names`, with the result under ""."""
    seen = {}
    modules = dict(network.named_modules())
    for name in names:
        modules[name].register_forward_hook(
            lambda _m, _i, out, name=name: seen.__setitem__(name, out.numpy())
        )
    with torch.inference_mode():
        seen[""] = network(picture).numpy()
    return seen


@pytest.mark.parametrize("name", TOLERANCES)
def test_the_keys_and_the_number_of_parameters_are_the_official_ones(name):
    official = _official_keys(name)
    network = build(name)
    ours = [[key, list(value.shape)] for key, value in network.state_dict().items()]
    assert ours == [[key, shape] for key, shape, _ in official["keys"]]
    assert sum(parameter.numel() for parameter in network.parameters()) == official["params"]


@pytest.mark.parametrize("name", TOLERANCES)
def test_intermediate_statistics_then_the_output_equal_the_official_ones(name):
    expected = _expected(name)
    suffix = ".mean_std"
    middles = [key[4 : -len(suffix)] for key in expected.files if key.endswith(suffix)]
    seen = _outputs_of(_seeded_network(name, 0), middles, _picture(expected["input_spec"]))
    for middle in middles:  # in the order of the network: the first that fails is where to look
        ours = seen[middle]
        assert list(ours.shape) == list(expected[f"mid.{middle}.shape"]), middle
        scale = float(expected[f"mid.{middle}.mean_std"][1])
        statistics = [ours.mean(dtype=np.float64), ours.std(dtype=np.float64)]
        np.testing.assert_allclose(
            statistics, expected[f"mid.{middle}.mean_std"], atol=1e-5 * scale, err_msg=middle
        )
        first = expected[f"mid.{middle}.first16"]
        np.testing.assert_allclose(ours.ravel()[:16], first, atol=1e-4 * scale, err_msg=middle)
    np.testing.assert_allclose(
        seen[""][..., ::EVERY, ::EVERY], expected["output_sub3"], rtol=0, atol=TOLERANCES[name]
    )


@pytest.mark.parametrize("name", TOLERANCES)
def test_a_second_odd_size_gives_the_official_output(name):
    expected = _expected(name)
    output = _outputs_of(_seeded_network(name, 0), (), _picture(expected["b_input_spec"]))[""]
    np.testing.assert_allclose(
        output[..., ::EVERY, ::EVERY], expected["b_output_sub3"], rtol=0, atol=TOLERANCES[name]
    )


def test_the_vectors_notice_a_wrong_residual_scale(monkeypatch):
    monkeypatch.setattr("worker.upscaling.arch.rrdbnet.RESIDUAL_SCALE", 0.21)
    expected = _expected("rrdbnet_anime6b")
    output = _outputs_of(_seeded_network("rrdbnet_anime6b", 0), (), _picture(expected["b_input_spec"]))[""]
    difference = np.abs(output[..., ::EVERY, ::EVERY] - expected["b_output_sub3"]).max()
    assert difference > 10 * TOLERANCES["rrdbnet_anime6b"]


def test_an_unknown_network_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match="srvgg_general"):
        build("srvgg_huge")
