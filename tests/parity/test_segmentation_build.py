"""`build` of the segmentation networks: names, options, refusals; and that networks convert to OpenVINO."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import vectors  # noqa: E402  (only where torch is)
from worker.segmentation.arch import build  # noqa: E402


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
