"""Whole families with seeded networks against the masks of carvekit f141a311, which wraps the official networks."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from shared.catalog import CARDS  # noqa: E402
from tests.parity import official  # noqa: E402  (only where torch is)
from worker.matting import trimap  # noqa: E402
from worker.segmentation.loading import family_of, recipe  # noqa: E402
from worker.segmentation.segmenter import Segmenter  # noqa: E402

STRETCHED = [("u2net", "u2net"), ("basnet", "basnet"), ("tracer_b7", "tracer-b7")]


class TorchNetwork:
    """A seeded network behind the segmenter's port, with all that its graph would hold."""

    def __init__(self, name, card, seed):
        self._network = recipe(card).wrap(official.seeded_network(name, seed))

    def infer(self, batch):
        with torch.inference_mode():
            return self._network(torch.from_numpy(batch)).numpy()


def _segmenter(name, model, vectors):
    card = replace(CARDS[model], input_size=int(vectors["pipe_net_size"]))
    return Segmenter(card, family_of(card), TorchNetwork(name, card, int(vectors["pipe_weight_seed"])))


@pytest.mark.parametrize(("name", "model"), STRETCHED)
def test_the_family_makes_the_official_mask(name, model):
    vectors = official.whole_vectors_of(name)
    matte = _segmenter(name, model, vectors).matte(vectors["pipe_input_u8"])
    levels = np.rint(matte * 255).astype(int)
    assert np.abs(levels - vectors["pipe_mask_u8"]).max() <= 1


def test_deeplab_finds_the_official_subject():
    vectors = official.whole_vectors_of("deeplabv3_resnet101")
    segmenter = _segmenter("deeplabv3_resnet101", "deeplabv3-resnet101", vectors)
    matte = segmenter.matte(vectors["pipe_input_u8"])
    # Upstream's product of class and 255 overflows to 256 - class; what is no background is above 0 all the same.
    assert np.mean((matte > 0) == (vectors["pipe_mask_u8"] > 0)) > 0.999


def test_fba_makes_the_official_mask_when_fed_as_carvekit_feeds_it():
    # BGR under RGB's mean and deviation, the two channels resized by Lanczos, the result bilinearly, alpha under
    # 0.3 dropped: none of it to be copied, all of it needed to meet this mask.
    vectors = official.whole_vectors_of("fba_matting")
    drawn = vectors["trimapgen_out_231_8_2"]
    height, width = drawn.shape
    inner = (-(-width // 8) * 8, -(-height // 8) * 8)
    picture = cv2.resize(vectors["pipe_input_u8"][..., ::-1] / 255.0, inner, interpolation=cv2.INTER_LANCZOS4)
    channels = trimap.two_channels(drawn).astype(np.float64).transpose(1, 2, 0)
    channels = cv2.resize(channels, inner, interpolation=cv2.INTER_LANCZOS4).transpose(2, 0, 1)
    planes = trimap.distance_planes(channels)
    # OpenCV's distances differ in their last bits by how many threads it has.
    np.testing.assert_allclose(planes[:, ::4, ::4], vectors["pipe_trimap6_sub4"], rtol=0, atol=1e-6)
    image = torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32))
    network = official.seeded_network("fba_matting", int(vectors["pipe_weight_seed"]))
    with torch.inference_mode():
        output = network(
            image,
            torch.from_numpy(channels[None].astype(np.float32)),
            official.normalised(image, vectors),
            torch.from_numpy(planes[None]),
        )
    alpha = cv2.resize(output[0, 0].numpy(), (width, height), interpolation=cv2.INTER_LINEAR)
    alpha[(drawn == trimap.BACKGROUND) | (alpha < 0.3)] = 0
    assert np.abs((alpha * 255).astype(int) - vectors["pipe_mask_u8"]).max() <= 1
