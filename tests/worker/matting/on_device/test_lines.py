"""A line through the colours of every window, on a device: those of the CPU wherever that wants any."""

import cv2
import numpy as np
import pytest

from shared.spec.refine import RefineSpec
from tests.images import assert_close, gradient, strands
from worker.matting import window_lines

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from worker.matting.on_device.lines import lines_of  # noqa: E402  (torch)


@pytest.mark.parametrize("radius", [1, 2, 5])
@pytest.mark.parametrize("size", [(160, 140), (97, 61)])
def test_lines_are_those_of_the_cpu(size, radius):
    matte = cv2.resize(strands(96, 96), size[::-1], interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(2).integers(0, 30, (*size, 3), np.uint8)
    guide = cv2.add(gradient(*size) // 2, noise)
    spec = RefineSpec(radius=radius)

    here = window_lines.lines_of(guide, matte, np.ones(size, np.uint8), slice(0, size[0]), spec)
    made = lines_of(
        torch.from_numpy(guide).permute(2, 0, 1)[None].float(),
        torch.from_numpy(matte)[None, None].float(),
        spec,
    )
    there = made[0].permute(1, 2, 0).numpy()
    there[..., 3] /= 255  # on the CPU the constant counts for a fourth channel of 255

    assert_close(there, here, most=0.01, mean=1e-4)
    assert np.abs(here[..., :3]).max() > 1
