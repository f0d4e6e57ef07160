"""InSPyReNet against the official code: one pass at both base sizes, and the pyramid of two."""

from functools import lru_cache

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import vectors  # noqa: E402  (only where torch is)
from worker.segmentation.arch import build  # noqa: E402
from worker.segmentation.arch.inspyrenet import ImagePyramid, transition  # noqa: E402

NAME = "inspyrenet_swinb"
# d0 in float32 on a CPU. c and d sum up to 2²⁰ values in one number: the order of summing shows.
TOLERANCES = {"a": 1e-4, "b": 1e-4, "c": 3e-4, "d": 3e-4, "p": 3e-4}
SLOW = pytest.mark.slow
CASES = ["a", "b", "c", pytest.param("d", marks=SLOW)]
LEVELS = ("d3", "d2", "d1", "d0", "p2", "p1", "p0")


def _taps(prefix="") -> vectors.Taps:
    taps: vectors.Taps = {}
    for k in range(1, 6):
        taps[f"bb_x{k}"] = ("backbone", lambda _n, _inputs, out, k=k: out[k - 1])
        taps[f"context{k}"] = vectors.output_of(f"context{k}")
    for mode in ("Hattn", "Wattn"):
        taps[f"context3_branch1_{mode}"] = vectors.output_of(f"context3.branch1.{mode}")
    for k in range(3):
        for index, part in enumerate("fp"):
            taps[f"attention{k}_{part}"] = (f"attention{k}", lambda _n, _inputs, out, i=index: out[i])
    for index, part in enumerate(("f3", "d3")):
        taps[f"decoder_{part}"] = ("decoder", lambda _n, _inputs, out, i=index: out[i])
    return {prefix + name: tap for name, tap in taps.items()}


def _scales(network, image, seen, prefix=""):
    """Run one pass, keep its statistics in `seen`, and return its maps."""
    kept = []

    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network

        def forward(self, x):
            kept.append(self.inner.scales(x))
            return kept[0].d0

    taps = {name: (f"inner.{path}", pick) for name, (path, pick) in _taps(prefix).items()}
    passed = vectors.run(Whole(), image, taps)
    for level in LEVELS:
        tensor = getattr(kept[0], level)
        passed.statistics[prefix + level] = vectors.statistics_of(tensor)
        passed.shapes[prefix + level] = list(tensor.shape)
    seen.statistics |= passed.statistics
    seen.shapes |= passed.shapes
    seen.output = passed.output
    return kept[0]


@lru_cache
def _seen(case):
    expected, seen = vectors.recorded(NAME), vectors.Pass(np.empty(0))
    base_size = tuple(int(side) for side in expected[f"{case}.base_size"])
    network = vectors.seeded_network(NAME, base_size=base_size)
    _scales(network, vectors.picture(expected, expected[f"{case}.input_spec"]), seen)
    return seen


@lru_cache
def _blended():
    """Return what both passes and their blend gave, and the blend's masks."""
    expected, seen = vectors.recorded(NAME), vectors.Pass(np.empty(0))
    network = vectors.seeded_network(NAME, base_size=(384, 384))
    small = _scales(network, vectors.picture(expected, expected["p.lr_spec"]), seen, "lr_")
    large = _scales(network, vectors.picture(expected, expected["p.input_spec"]), seen, "hr_")
    with torch.inference_mode():
        blend = network.blend(small.d0, large)
    probability = blend.d0.sigmoid()
    low, high = probability.min(), probability.max()
    maps = {f"blend_{level}": getattr(blend, level) for level in ("d3", "d2", "d1")}
    maps["pred"] = (probability - low) / (high - low + 1e-8)
    for name, tensor in maps.items():
        seen.statistics[name], seen.shapes[name] = vectors.statistics_of(tensor), list(tensor.shape)
    seen.output = blend.d0.numpy()
    return seen, [mask[0, 0].numpy() for mask in blend.masks]


def test_the_keys_are_the_official_ones_in_their_order():
    vectors.assert_official_keys(NAME)


@pytest.mark.parametrize("case", CASES)
def test_the_way_and_then_d0_equal_the_official_ones(case):
    seen, expected = _seen(case), vectors.recorded(NAME)
    vectors.assert_same_way(seen, expected, case, TOLERANCES[case])
    vectors.assert_same_map(seen.output, expected, f"{case}.d0", TOLERANCES[case])


@pytest.mark.parametrize("case", CASES)
def test_every_pixel_equals_the_official_one(case):
    expected = vectors.every_pixel(f"{NAME}_1024" if case == "d" else NAME)
    vectors.assert_same_map(_seen(case).output, expected, f"{case}.d0", TOLERANCES[case])


def test_the_pyramid_of_two_passes_equals_the_official_one():
    (seen, masks), expected = _blended(), vectors.recorded(NAME)
    vectors.assert_same_way(seen, expected, "p", TOLERANCES["p"])
    for mask, k in zip(masks, (2, 1, 0), strict=True):
        # A value on the threshold may fall to either side.
        off = np.abs(mask[::4, ::4] - expected[f"p.mask_t{k}_s4"]) > 1e-3
        assert off.mean() <= 1e-3, f"mask {k}"
    off = np.abs(seen.output[..., ::8, ::8] - expected["p.d0_s8"]) > TOLERANCES["p"]
    assert off.mean() <= 1e-3


def test_every_pixel_of_the_pyramid_equals_the_official_one():
    expected = vectors.every_pixel(f"{NAME}_pyramid")
    off = np.abs(_blended()[0].output - expected["p.d0"]) > TOLERANCES["p"]
    assert off.mean() <= 1e-3


def test_the_pyramid_runs_one_pass_where_a_side_is_small_or_no_threshold_is_set(monkeypatch):
    network = vectors.seeded_network(NAME)
    large, small = torch.zeros(1, 3, 64, 96), torch.zeros(1, 3, 32, 32)
    ran = []
    monkeypatch.setattr(network, "scales", lambda x: ran.append(tuple(x.shape[2:])) or original(x))
    original = type(network).scales.__get__(network)
    with torch.inference_mode():
        assert network.forward_pyramid(large, small, threshold=64).shape[2:] == (32, 32)
        assert network.forward_pyramid(large, small, threshold=None).shape[2:] == (64, 96)
        assert network.forward_pyramid(large, small, threshold=63).shape[2:] == (64, 96)
    assert ran == [(32, 32), (64, 96), (32, 32), (64, 96)]


def test_the_transition_is_the_one_of_opencv():
    cv2 = pytest.importorskip("cv2")
    logits = 4 * torch.randn(1, 1, 23, 40, generator=torch.Generator().manual_seed(0))
    for size in (5, 9, 17):
        smooth = torch.nn.functional.avg_pool2d(logits, 7, stride=1, padding=3)
        probability = smooth.sigmoid()[0, 0].numpy()
        element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        theirs = cv2.dilate(probability, element) - cv2.erode(probability, element) > 0.5
        assert 0 < theirs.mean() < 1
        np.testing.assert_array_equal(transition(smooth, size)[0, 0].numpy(), theirs)


def test_the_gaussian_is_the_one_of_opencv():
    cv2 = pytest.importorskip("cv2")
    taps = cv2.getGaussianKernel(7, 1)
    np.testing.assert_allclose(ImagePyramid().kernel[0, 0].numpy(), taps @ taps.T, rtol=0, atol=1e-8)


@pytest.mark.parametrize("size", [(32, 32), (32, 160), (96, 64)])
def test_any_multiple_of_32_gives_a_finite_map_of_the_same_size(size):
    network = vectors.seeded_network(NAME, base_size=(64, 96))
    with torch.inference_mode():
        d0 = network(torch.randn(2, 3, *size))
    assert d0.shape == (2, 1, *size)
    assert d0.isfinite().all()


def test_a_network_built_without_memory_is_whole_once_its_weights_are_assigned():
    with torch.device("meta"):
        network = build(NAME)
    network.load_state_dict(vectors.seeded_state(NAME), strict=True, assign=True)
    tensors = [*network.named_parameters(), *network.named_buffers()]
    assert not [name for name, tensor in tensors if tensor.is_meta]
