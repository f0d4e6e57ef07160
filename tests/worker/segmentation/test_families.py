"""What each family makes of a picture and of an output; whole masks of the official code are in parity."""

import cv2
import numpy as np
import pytest
from PIL import Image

from shared import plugins
from shared.catalog import CARDS
from tests.images import assert_close, gradient
from worker.segmentation import matte as mattes
from worker.segmentation import reduce
from worker.segmentation.families import isnet_anime
from worker.segmentation.loading import family_of
from worker.segmentation.segmenter import Segmenter

FAMILIES = plugins.names("worker.segmentation.families")
CARD_OF = {card.family: card for card in CARDS.values()}


def photo(height=90, width=140):
    random = np.random.default_rng(3)
    noise = random.integers(-20, 20, (height, width, 3))
    return np.clip(gradient(height, width).astype(int) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 200)])
def test_any_picture_becomes_a_batch_of_one(family, shape):
    card = CARD_OF[family]
    said = family_of(card)
    batch = said.prepare(np.full((*shape, 3), 77, np.uint8), card)

    assert (batch.dtype, batch.shape[0], batch.shape[3]) == (said.dtype, 1, 3)
    assert batch.flags.c_contiguous and batch.max() == 77
    if not said.any_size:
        assert batch.shape[1:3] == said.shape(card.input_size)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (300, 200)])
def test_the_matte_comes_back_in_the_size_of_the_photo(family, shape):
    card = CARD_OF[family]
    side = 64
    output = np.zeros((1, 1, side, side), np.float32)
    output[..., 20:40, :] = 0.9
    found = Segmenter(card, family_of(card), network=None).enlarge(output, width=shape[1], height=shape[0])

    assert (found.shape, found.dtype) == (shape, np.float32)
    assert found.min() >= 0 and found.max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_matte_of_one_value_stays_finite(family, value):
    card = CARD_OF[family]
    output = np.full((1, 1, 64, 64), value, np.float32)
    found = Segmenter(card, family_of(card), network=None).enlarge(output, width=50, height=50)

    np.testing.assert_allclose(found, value, atol=1 / 255)


@pytest.mark.parametrize("family", ["isnet", "rmbg14", "ormbg", "inspyrenet", "u2net", "basnet"])
def test_methods_that_stretch_give_full_contrast(family):
    card = CARD_OF[family]
    output = np.linspace(0.4, 0.6, 64 * 64, dtype=np.float32).reshape(1, 1, 64, 64)
    found = Segmenter(card, family_of(card), network=None).enlarge(output, width=64, height=64)

    assert (found.min(), found.max()) == (0, 1)


@pytest.mark.parametrize("family", ["birefnet", "imgly", "isnet_anime", "tracer", "deeplabv3"])
def test_the_others_leave_a_faint_subject_faint(family):
    card = CARD_OF[family]
    output = np.linspace(0.4, 0.6, 64 * 64, dtype=np.float32).reshape(1, 1, 64, 64)
    found = Segmenter(card, family_of(card), network=None).enlarge(output, width=64, height=64)

    assert found.min() > 0.38 and found.max() < 0.62


@pytest.mark.parametrize("family", FAMILIES)
def test_a_small_matte_shows_all_of_the_photo_and_is_stretched_where_the_full_one_is(family):
    card, photo = CARD_OF[family], gradient(40, 120)

    class Net:
        def infer(self, batch):
            return np.linspace(0.4, 0.6, 64 * 64, dtype=np.float32).reshape(1, 1, 64, 64)

    small = Segmenter(card, family_of(card), Net()).small_matte(photo)
    full = Segmenter(card, family_of(card), Net()).matte(photo)

    assert small.shape == ((21, 64) if family == "isnet_anime" else (64, 64))
    for end in (np.min, np.max):
        assert abs(end(small) - end(full)) < 0.01


def torch_resized(values, size, **options):
    torch = pytest.importorskip("torch", reason='needs the extra "torch"')
    planes = torch.from_numpy(np.ascontiguousarray(values, np.float32))
    return torch.nn.functional.interpolate(planes, size, mode="bilinear", **options).numpy()


def test_isnet_reduces_as_torch_does_and_cuts_down_to_whole_levels():
    rgb = photo()
    expected = torch_resized(rgb.transpose(2, 0, 1)[None], (64, 64))[0].transpose(1, 2, 0)

    np.testing.assert_allclose(reduce.bilinear(rgb, 64), expected, rtol=0, atol=1e-2)
    whole = reduce.bilinear_truncated(rgb, 64)
    assert np.mean(whole == expected.astype(np.uint8)) > 0.99
    assert np.abs(whole.astype(int) - expected.astype(np.uint8)).max() <= 1


@pytest.mark.parametrize("shape", [(70, 99), (128, 256), (300, 140), (512, 260), (127, 400)])
def test_a_larger_photo_is_averaged_over_areas_nearly(shape):
    random = np.random.default_rng(7)
    rgb = cv2.resize(random.integers(0, 256, (9, 9, 3), np.uint8), shape[::-1])
    at_once = cv2.resize(rgb, (64, 64), interpolation=cv2.INTER_AREA)

    assert_close(reduce.averaged_or_cubic(rgb, 64), at_once, most=6, mean=0.7)


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (64, 64), (131, 97)])
def test_mattes_are_enlarged_as_torch_does_with_and_without_aligned_corners(size):
    small = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    aligned = torch_resized(small[None, None], size, align_corners=True)[0, 0]

    np.testing.assert_allclose(mattes.aligned(small, size[1], size[0]), aligned, rtol=0, atol=1e-5)
    if min(size) > 1:
        plain = torch_resized(small[None, None], size)[0, 0]
        np.testing.assert_allclose(mattes.bilinear(small, size[1], size[0]), plain, rtol=0, atol=1e-5)


def test_tracer_reduces_in_float_what_pillow_rounds():
    rgb = photo()
    rounded = reduce.pillow(Image.Resampling.BILINEAR)(rgb, 64)
    exact = reduce.pillow_float(Image.Resampling.BILINEAR)(rgb, 64)

    assert exact.dtype == np.float32
    np.testing.assert_allclose(
        exact, rounded, rtol=0, atol=1.01
    )  # Pillow rounds after each of its two passes


def test_deeplab_keeps_the_aspect_and_never_enlarges():
    card = CARD_OF["deeplabv3"]
    assert family_of(card).prepare(np.zeros((40, 60, 3), np.uint8), card).shape == (1, 40, 60, 3)
    assert family_of(card).prepare(np.zeros((2048, 1024, 3), np.uint8), card).shape == (1, 1024, 512, 3)


@pytest.mark.parametrize("shape", [(90, 140), (140, 90), (64, 64), (1, 500)])
def test_drawn_figures_go_between_black_bars_and_come_back(shape):
    canvas = isnet_anime.fit(np.full((*shape, 3), 200, np.uint8), 64)
    card = CARD_OF["isnet_anime"]
    back = family_of(card).enlarge(canvas[..., 0] / 200, shape[1], shape[0])
    trimmed = family_of(card).trim(canvas[..., 0] / 200, shape[1], shape[0])

    assert canvas.shape == (64, 64, 3)
    assert 0 < (canvas > 0).mean() <= max(min(shape) / max(shape), 1 / 64) + 0.01
    np.testing.assert_allclose(back, 1, atol=1e-6)
    assert trimmed.min() > 0.99 and max(trimmed.shape) == 64
