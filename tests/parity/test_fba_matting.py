"""FBA matting against MarcoForte/FBA_Matting 8dd100d7, with the weight standardisation of its first release."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import official  # noqa: E402  (only where torch is)
from worker.matting import trimap  # noqa: E402
from worker.matting.fba import planes_of  # noqa: E402
from worker.segmentation.arch import fba_matting, matting, resnet  # noqa: E402

LARGEST, MEAN = 5e-3, 5e-5  # float32 against float64: 8e-4, and 99.9 % under 3e-4


@pytest.fixture(scope="module")
def network():
    return official.seeded_network("fba_matting")


@pytest.fixture(scope="module")
def vectors():
    return official.vectors_of("fba_matting")


def _inputs(vectors, case=""):
    picture = official.picture_of(vectors, case)
    channels = trimap.two_channels(vectors[f"{case}trimap"])
    return {
        "image": picture,
        "two_chan_trimap": torch.from_numpy(channels)[None],
        "image_n": official.normalised(picture, vectors),
        "trimap_transformed": torch.from_numpy(trimap.distance_planes(channels))[None],
    }


def _assert_close(output, vectors, key):
    largest, mean = official.difference(output, vectors, key)
    assert largest <= LARGEST
    assert mean <= MEAN


def test_the_keys_and_the_number_of_parameters_are_the_official_ones():
    official.assert_keys_equal("fba_matting")


def test_intermediate_statistics_then_the_output_equal_the_official_ones(network, vectors):
    seen = official.run(network, vectors, lambda: network(**_inputs(vectors)))
    official.assert_middles_equal(seen, vectors, atol=1e-3)
    _assert_close(seen["decoder.conv_up4"], vectors, "output_prefusion")
    _assert_close(seen[""], vectors, "output")


def test_a_second_size_gives_the_official_output(network, vectors):
    with torch.inference_mode():
        _assert_close(network(**_inputs(vectors, "b_")), vectors, "b_output")


def test_biased_variance_of_the_later_release_is_noticed(network, vectors, monkeypatch):
    def later(self, x):
        mean = self.weight.mean((1, 2, 3), keepdim=True)
        variance = self.weight.var((1, 2, 3), keepdim=True, unbiased=False)
        weight = (self.weight - mean) / torch.sqrt(variance + 1e-5)
        return torch.nn.functional.conv2d(
            x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    monkeypatch.setattr(fba_matting.WSConv2d, "forward", later)
    with torch.inference_mode():
        output = network(**_inputs(vectors, "b_"))
    largest, mean = official.difference(output, vectors, "b_output")
    assert largest > LARGEST
    assert mean > MEAN


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_residual_blocks_compile_in_float32():
    ov = pytest.importorskip("openvino")
    own = {"conv": fba_matting.WSConv2d, "norm": fba_matting.GroupNorm}
    blocks = resnet.stage(resnet.Bottleneck, 64, 64, 2, **own).eval()
    x = torch.randn(1, 64, 12, 16, generator=torch.Generator().manual_seed(0))
    graph = ov.convert_model(blocks, example_input=x, input=[1, 64, 12, 16])
    compiled = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.inference_mode():
        np.testing.assert_allclose(compiled([x.numpy()])[0], blocks(x), atol=1e-4)


def test_fed_with_planes_it_gives_the_official_alpha(network, vectors):
    picture = np.rint(official.picture_of(vectors)[0].numpy().transpose(1, 2, 0) * 255)
    planes = torch.from_numpy(planes_of(picture.astype(np.uint8), vectors["trimap"]))[None]
    with torch.inference_mode():
        alpha = matting.PlanesNetwork(network)(planes)
        inputs = _inputs(vectors) | {"image": planes[..., :3].permute(0, 3, 1, 2)}
        inputs["image_n"] = official.normalised(inputs["image"], vectors)
        expected = network(**inputs)[:, :1]
    assert (alpha - expected).abs().max() <= LARGEST
    assert (alpha - expected).abs().mean() <= MEAN
