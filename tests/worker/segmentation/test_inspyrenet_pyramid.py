"""Two copies of a photo in one batch: each reaches the network as if it were alone."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from safetensors.numpy import save_file  # noqa: E402

from shared.catalog import CARDS  # noqa: E402
from tests.images import gradient  # noqa: E402
from tests.parity import vectors  # noqa: E402  (only where torch is)
from worker.segmentation.families.inspyrenet_pyramid import FAMILY, both_copies  # noqa: E402
from worker.segmentation.loading import load_segmenter, recipe  # noqa: E402

SIDE = 544  # the smallest multiple of 32 above the threshold
CARD = replace(CARDS["inspyrenet-pyramid"], input_size=SIDE)
IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]


def test_both_copies_are_on_the_canvas():
    photo = gradient(300, 200)
    canvas = both_copies(photo, SIDE)
    for rows, columns, side in (
        (slice(0, SIDE), slice(0, SIDE), SIDE),
        (slice(SIDE, None), slice(0, 384), 384),
    ):
        expected = Image.fromarray(photo).resize((side, side), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(canvas[rows, columns], np.asarray(expected))
    assert canvas.shape == (SIDE + 384, SIDE, 3)


def _network():
    return vectors.seeded_network("inspyrenet_swinb", base_size=(384, 384))


@pytest.mark.slow
def test_the_graph_gives_the_pyramid_of_the_two(tmp_path):
    photo, network = gradient(300, 200), _network()
    pictures = [
        torch.from_numpy(
            np.asarray(Image.fromarray(photo).resize((side, side), Image.Resampling.BILINEAR)).copy()
        )
        for side in (SIDE, 384)
    ]
    large, small = (((x.permute(2, 0, 1) / 255 - IMAGENET[0]) / IMAGENET[1])[None] for x in pictures)
    with torch.inference_mode():
        expected = network.forward_pyramid(large, small, 512).sigmoid().numpy()
        wrapped = recipe(CARD).wrap(network)(torch.from_numpy(FAMILY.prepare(photo, CARD))).numpy()
    np.testing.assert_allclose(wrapped, expected, rtol=0, atol=1e-4)

    path = tmp_path / "weights.safetensors"
    save_file({key: value.numpy() for key, value in network.state_dict().items()}, path)
    converted = load_segmenter(CARD, path).network.infer(FAMILY.prepare(photo, CARD))
    # A value on the threshold of the blend may fall to either side.
    assert np.mean(np.abs(converted - expected) > 1e-3) < 2e-3
