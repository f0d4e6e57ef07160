"""`build` of the segmentation networks: names, options, refusals; and that networks convert to OpenVINO."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import vectors  # noqa: E402  (only where torch is)
from worker.segmentation.arch import NAMES, build  # noqa: E402
from worker.upscaling import arch as upscaling  # noqa: E402

ANY_SIZE = ("isnet", "rmbg14", "ormbg", "u2net", "u2netp", "deeplabv3_resnet101")
ENLARGING = {"rrdbnet_x4": 4, "rrdbnet_x2": 2, "rrdbnet_anime6b": 4, "srvgg_general": 4, "srvgg_anime": 4}
DTYPES = [torch.float64, torch.bfloat16]  # in float32 they are compared with the official networks


def without_numbers(network, dtype, channels, height, width):
    """The network and a batch of two on torch's device without memory: shapes and types are real, values are not."""
    return network.to("meta", dtype), torch.empty(2, channels, height, width, device="meta", dtype=dtype)


@pytest.fixture
def on_meta():
    with torch.device("meta"):
        yield


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("fba_matting", "birefnet")])
def test_a_network_computes_inference_on_batches_of_any_type(on_meta, name, dtype):
    height, width = (37, 53) if name in ANY_SIZE else (64, 96)
    network, batch = without_numbers(build(name), dtype, 3, height, width)
    assert not any(module.training for module in network.modules())
    output = network(batch)
    channels = 21 if name == "deeplabv3_resnet101" else 1
    assert (output.shape, output.dtype) == ((2, channels, height, width), dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", list(ENLARGING))
def test_an_upscaler_computes_inference_on_batches_of_any_type(on_meta, name, dtype):
    network, batch = without_numbers(upscaling.build(name), dtype, 3, 34, 22)
    assert not any(module.training for module in network.modules())
    scale = ENLARGING[name]
    assert (network(batch).shape, network(batch).dtype) == ((2, 3, 34 * scale, 22 * scale), dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_matting_computes_inference_on_batches_of_any_type(on_meta, dtype):
    network, photo = without_numbers(build("fba_matting"), dtype, 3, 72, 40)
    marks, distances = photo.new_empty(2, 2, 72, 40), photo.new_empty(2, 6, 72, 40)
    output = network(photo, marks, photo, distances)
    assert (output.shape, output.dtype) == ((2, 7, 72, 40), dtype)


def test_an_unknown_network_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match=r"birefnet, birefnet_lite, .* fba_matting"):
        build("birefnet_huge")


def test_an_unknown_option_is_refused_with_the_known_ones():
    with pytest.raises(TypeError, match="known: patch_order"):
        build("birefnet_lite", base_size=(384, 384))
    with pytest.raises(TypeError, match="known: none"):
        build("isnet", patch_order="wg_hg_c")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["birefnet_lite", "isnet", "inspyrenet_swinb"])
def test_openvino_converts_the_network_for_a_size_other_than_the_traced_and_agrees(name):
    openvino = pytest.importorskip("openvino")
    network = vectors.seeded_network(name)
    small = torch.zeros(1, 3, 64, 64)  # no size is frozen, so a small trace, quick and light, serves any
    x = torch.randn(1, 3, 96, 160, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        # It traces with torch.jit, which torch calls deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = openvino.convert_model(network, example_input=small, input=list(x.shape))
    kinds = [node.get_type_name() for node in graph.get_ops()]
    assert kinds.count("DeformableConvolution") == (20 if name == "birefnet_lite" else 0)
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.inference_mode():
        np.testing.assert_allclose(compiled(x.numpy())[0], network(x).numpy(), rtol=0, atol=1e-4)
