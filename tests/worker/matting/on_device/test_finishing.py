"""Refinement and colours on a device, here the GPU's twin: what the CPU's own rooms make of the same photo."""

import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shared.errors import ModelUnavailable, OutOfMemory
from shared.spec.refine import RefineSpec
from tests.images import assert_close, gradient, strands
from worker.matting.finishing import OnCuda
from worker.matting.foreground import estimate_foreground
from worker.matting.guided import guided_upsampling

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from tests.worker.inference.device.twin import Twin  # noqa: E402  (torch)
from worker.inference.device.cuda import cuda  # noqa: E402  (torch)
from worker.matting.on_device import finishing as room  # noqa: E402  (torch)
from worker.matting.on_device.finishing import OnDevice  # noqa: E402  (torch)


@pytest.fixture(scope="module")
def twin():
    twin = Twin()
    yield twin
    twin.end()


@pytest.fixture(scope="module")
def device(twin):
    return OnDevice(twin)


def hair(height, width):
    """Dark strands before a bright, uneven ground: the photo, and its alpha."""
    alpha = cv2.resize(strands(96, 96), (width, height), interpolation=cv2.INTER_LINEAR)
    share = alpha[..., None] / 255
    ground = 100 + gradient(height, width) / 2
    photo = (share * (40, 20, 10) + (1 - share) * ground).astype(np.uint8)
    return photo, alpha


def reduced(alpha, height, width):
    return cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


@pytest.mark.parametrize(
    ("size", "of_matte"),
    [
        pytest.param((384, 400), (192, 200), id="twice the matte"),
        pytest.param((501, 377), (201, 151), id="odd sides"),
        pytest.param((700, 610), (160, 140), id="two steps"),
        pytest.param((813, 655), (163, 131), id="two steps, odd sides"),
        pytest.param((100, 90), (200, 180), id="smaller than the matte"),
    ],
)
@pytest.mark.parametrize("radius", [1, 3])
def test_edges_are_those_of_the_cpu(device, size, of_matte, radius):
    photo, alpha = hair(*size)
    matte, spec = reduced(alpha, *of_matte), RefineSpec(radius=radius)
    here, there = guided_upsampling(photo, matte, spec), device.guided_upsampling(photo, matte, spec)

    gaps = cv2.absdiff(here, there)
    plain = cv2.resize(cv2.convertScaleAbs(matte, alpha=255), here.shape[::-1])
    assert there.dtype == np.uint8
    # Bytes are rounded otherwise when they are enlarged, and in a flat ground a level of the guide is some of alpha.
    assert gaps.mean() < 0.15 * cv2.absdiff(here, plain).mean(), "a device that only enlarges would be seen"
    assert (gaps > 9).mean() < 1e-3
    assert cv2.absdiff(there, alpha).mean() < 1.05 * cv2.absdiff(here, alpha).mean()


def test_colours_are_those_of_the_cpu(device):
    photo, alpha = hair(500, 620)
    here, there = estimate_foreground(photo, alpha), device.estimate_foreground(photo, alpha)

    assert_close(there, here, most=1, mean=0.02)
    assert cv2.absdiff(here, photo).mean() > 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3, 900)])
def test_extreme_shapes_come_out(device, shape):
    photo, alpha = np.full((*shape, 3), 90, np.uint8), np.full(shape, 128, np.uint8)
    matte = np.full((1, 1), 0.5, np.float32)

    assert device.guided_upsampling(photo, matte, RefineSpec()).shape == shape
    assert np.array_equal(device.estimate_foreground(photo, alpha), photo)


@settings(max_examples=25, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30), st.just(3))),
    arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    st.integers(1, 3),
)
def test_what_is_plainly_subject_or_background_stays_so_within_a_level(device, photo, matte, radius):
    refined = device.guided_upsampling(photo, matte, RefineSpec(radius=radius))
    plain = cv2.resize(matte, refined.shape[::-1], interpolation=cv2.INTER_LINEAR)

    assert (refined.shape, refined.dtype) == (photo.shape[:2], np.uint8)
    assert (refined[plain == 0] <= 1).all()  # OpenCV rounds to bytes otherwise than torch, by a level at most
    assert (refined[plain == 255] >= 254).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.data())
def test_only_soft_pixels_get_other_colours(device, height, width, data):
    photo = data.draw(arrays(np.uint8, (height, width, 3)))
    alpha = data.draw(arrays(np.uint8, (height, width)))
    flat = (alpha == 0) | (alpha > 252)

    assert np.array_equal(device.estimate_foreground(photo, alpha)[flat], photo[flat])


def test_photos_that_cannot_be_written_to_or_lie_in_pieces_are_taken(device):
    photo, alpha = hair(96, 96)
    photo.flags.writeable = False
    mirrored = device.estimate_foreground(photo[:, ::-1], alpha[:, ::-1])

    assert_close(mirrored[:, ::-1], device.estimate_foreground(photo, alpha), most=2, mean=0.1)


def test_a_full_device_says_so(device, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(room, "unmixed", full)
    with pytest.raises(OutOfMemory):
        device.estimate_foreground(*hair(96, 96))


def test_what_comes_back_holds_no_memory_of_the_device(twin, device, monkeypatch):
    staged = []
    stage = twin.staging

    def staging(shape, dtype):
        staged.append(stage(shape, dtype))
        return staged[-1]

    monkeypatch.setattr(twin, "staging", staging)
    colours = device.estimate_foreground(*hair(96, 96))
    assert not any(np.shares_memory(colours, one.numpy()) for one in staged)


def test_arrays_go_there_and_back_beside_what_the_device_computes(twin, device):
    twin.log.clear()
    device.estimate_foreground(*hair(96, 96))

    order = [
        f"{stream} {what}" for stream in ("incoming", "computing", "outgoing") for what in ("begins", "ends")
    ]
    assert twin.log == order


def test_cuda_without_a_gpu_is_unavailable(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for found_before in (cuda, room.on_cuda):
        found_before.cache_clear()
    photo, alpha = hair(96, 96)
    for finish in (
        lambda: OnCuda().estimate_foreground(photo, alpha),
        lambda: OnCuda().guided_upsampling(photo, reduced(alpha, 48, 48), RefineSpec()),
    ):
        with pytest.raises(ModelUnavailable, match="no CUDA device"):
            finish()


def test_without_torch_a_gpu_is_unavailable(monkeypatch):
    monkeypatch.setitem(sys.modules, "worker.matting.on_device.finishing", None)
    with pytest.raises(ModelUnavailable, match='install the extra "torch"'):
        OnCuda().estimate_foreground(*hair(96, 96))
