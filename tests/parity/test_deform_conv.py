"""Deformable convolution in plain torch against its definition, one tap at a time, and in OpenVINO's own operator."""

import math
import warnings
from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from worker.segmentation.arch.birefnet import ASPPDeformable  # noqa: E402  (only where torch is)
from worker.segmentation.arch.deform_conv import sample_and_convolve  # noqa: E402


def _bilinear(plane, y, x):
    """Return the values of `plane` (C, H, W) at (y, x); outside is zero."""
    top, left = math.floor(y), math.floor(x)
    total = torch.zeros(plane.shape[0], dtype=plane.dtype)
    for row in (top, top + 1):
        for column in (left, left + 1):
            if 0 <= row < plane.shape[1] and 0 <= column < plane.shape[2]:
                total = total + (1 - abs(y - row)) * (1 - abs(x - column)) * plane[:, row, column]
    return total


def _by_definition(x, weight, offset, mask, bias, *, stride, padding, dilation, groups, offset_groups):
    batch, channels = x.shape[:2]
    channels_out, _, kernel_h, kernel_w = weight.shape
    taps, part = kernel_h * kernel_w, channels // offset_groups
    result = torch.zeros(batch, channels_out, *offset.shape[2:], dtype=x.dtype)
    for n, i, j in np.ndindex(batch, *offset.shape[2:]):
        seen = torch.zeros(channels, taps, dtype=x.dtype)
        for group, tap in np.ndindex(offset_groups, taps):
            at = group * taps + tap
            y = i * stride - padding + tap // kernel_w * dilation + offset[n, 2 * at, i, j].item()
            across = j * stride - padding + tap % kernel_w * dilation + offset[n, 2 * at + 1, i, j].item()
            owned = slice(group * part, (group + 1) * part)
            seen[owned, tap] = mask[n, at, i, j] * _bilinear(x[n, owned], y, across)
        columns = seen.reshape(groups, -1)
        kernels = weight.reshape(groups, channels_out // groups, -1)
        result[n, :, i, j] = torch.einsum("gok,gk->go", kernels, columns).flatten() + bias
    return result


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "groups", "offset_groups", "size"),
    [
        ((3, 3), 1, 1, 1, 1, 1, (7, 5)),
        ((1, 1), 1, 0, 1, 1, 1, (1, 1)),
        ((7, 7), 1, 3, 1, 1, 1, (5, 4)),
        ((3, 2), 2, 1, 2, 2, 2, (9, 8)),
    ],
)
def test_the_operator_follows_its_definition(
    *, kernel, stride, padding, dilation, groups, offset_groups, size
):
    draw = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    taps = kernel[0] * kernel[1]
    out = [
        (side + 2 * padding - dilation * (k - 1) - 1) // stride + 1
        for side, k in zip(size, kernel, strict=True)
    ]
    x, weight, bias = random(2, 4, *size), random(6, 4 // groups, *kernel), random(6)
    offset = 3 * random(2, 2 * offset_groups * taps, *out)  # many taps fall outside
    mask = random(2, offset_groups * taps, *out)
    theirs = _by_definition(
        x,
        weight,
        offset,
        mask,
        bias,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        offset_groups=offset_groups,
    )
    rest = (stride, stride, padding, padding, dilation, dilation, groups, offset_groups, True)
    for operator in (sample_and_convolve, torch.ops.torchvision.deform_conv2d):
        torch.testing.assert_close(operator(x, weight, offset, mask, bias, *rest), theirs)
    single = [tensor.float() for tensor in (x, weight, offset, mask, bias)]
    ours = torch.ops.torchvision.deform_conv2d(*single, *rest)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=2e-5)


def test_openvino_runs_its_own_operator_and_agrees():
    openvino = pytest.importorskip("openvino")
    network = ASPPDeformable().eval()
    x = torch.randn(1, 64, 9, 14, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it traces with torch.jit, which torch calls deprecated
        graph = openvino.convert_model(network, example_input=x, input=list(x.shape))
    kinds = Counter(node.get_type_name() for node in graph.get_ops())
    assert kinds["DeformableConvolution"] == 4
    assert kinds["GridSample"] == 0
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.inference_mode():
        np.testing.assert_allclose(compiled(x.numpy())[0], network(x).numpy(), rtol=0, atol=1e-5)
