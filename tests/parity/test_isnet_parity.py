"""IS-Net under its three names against the three official classes."""

from functools import lru_cache

import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import vectors  # noqa: E402  (only where torch is)
from worker.segmentation.arch import build  # noqa: E402

NAMES = ["isnet", "rmbg14", "ormbg"]
TOLERANCE = 1e-5  # logits, float32 on a CPU
CASES = [(name, case) for name in NAMES for case in "ab"]
# Only at 1024² do the deepest dilations see their neighbours; the three names share their arithmetic.
CASES += [("isnet", "c"), *(pytest.param(name, "c", marks=pytest.mark.slow) for name in NAMES[1:])]


def _taps(network) -> vectors.Taps:
    stages = [*(f"stage{k}" for k in range(1, 7)), *(f"stage{k}d" for k in range(5, 0, -1))]
    taps = {name: vectors.output_of(name) for name in ("conv_in", *stages, "side1")}
    # Heads for training: in the checkpoint, not in the forward.
    taps["side2"] = ("stage2d", lambda _n, _inputs, out: network.side2(out))
    taps["side6"] = ("stage6", lambda _n, _inputs, out: network.side6(out))
    return taps


@lru_cache
def _seen(name, case):
    expected = vectors.recorded(name)
    network = vectors.seeded_network(name)
    return vectors.run(network, vectors.picture(expected, expected[f"{case}.input_spec"]), _taps(network))


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_are_the_official_ones_in_their_order(name):
    vectors.assert_official_keys(name)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_way_and_then_the_logits_equal_the_official_ones(name, case):
    seen, expected = _seen(name, case), vectors.recorded(name)
    vectors.assert_same_way(seen, expected, case, TOLERANCE)
    vectors.assert_same_map(seen.output, expected, f"{case}.logits", TOLERANCE)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_every_pixel_equals_the_official_one(name, case):
    expected = vectors.every_pixel(name)
    vectors.assert_same_map(_seen(name, case).output, expected, f"{case}.logits", TOLERANCE)


@pytest.mark.parametrize("size", [(33, 65), (64, 64), (127, 90), (1, 7)])
def test_any_size_gives_a_finite_map_of_the_same_size(size):
    network = build("isnet").eval()
    with torch.inference_mode():
        logits = network(torch.randn(2, 3, *size))
    assert logits.shape == (2, 1, *size)
    assert logits.isfinite().all()
