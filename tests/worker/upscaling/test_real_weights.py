"""The real networks against the official pipeline's pictures; skipped where they are not beside the repo."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.catalog import UPSCALERS
from worker.imaging.types import Cutout
from worker.upscaling.realesrgan import Upscaler
from worker.upscaling.runtime import recipe

SHARED = Path(__file__).parents[3].parent / "shared"
REFERENCE = SHARED / "parity" / "esrgan_reference"
RECEPTIVE_RADIUS_PX = {"realesr-general-x4v3": 34, "realesr-animevideov3": 18}
TILE_PX = 256

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        not REFERENCE.exists(), reason="real Real-ESRGAN weights and reference pictures are absent"
    ),
]


def _read(name):
    picture = cv2.imread(str(REFERENCE / name), cv2.IMREAD_UNCHANGED)
    return np.ascontiguousarray(picture[..., [2, 1, 0, 3][: picture.shape[2]]])


def _weights(name, folder):
    source = SHARED / "weights" / f"{name}.safetensors"
    if not source.exists():
        pytest.skip(f"the weights of {name} are absent")
    return Path(shutil.copy(source, folder))


@pytest.fixture(scope="module")
def general(tmp_path_factory):
    pytest.importorskip("torch", reason='needs the extra "torch"')
    name = "realesr-general-x4v3"
    weights = _weights(name, tmp_path_factory.mktemp("weights"))
    return Upscaler.load(UPSCALERS[name], weights, device="cpu", tile_side_px=TILE_PX)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("realesr-general-x4v3", "out_x4.png"), ("realesr-animevideov3", "out_x4_animevideov3.png")],
)
def test_the_network_gives_the_official_picture(name, expected, tmp_path):
    torch = pytest.importorskip("torch", reason='needs the extra "torch"')
    from worker.inference import torch_network  # noqa: PLC0415

    pixels = torch_network.load(recipe(UPSCALERS[name], TILE_PX), _weights(name, tmp_path))
    with torch.inference_mode():
        enlarged = pixels(torch.from_numpy(_read("input.png"))[None])[0].numpy()
    assert np.abs(enlarged.astype(int) - _read(expected)).max() <= 1


def test_the_whole_way_gives_the_official_picture_away_from_the_border(general):
    rgb = _read("input.png")
    result = general.upscale(Cutout.of(rgb, np.full(rgb.shape[:2], 255, np.uint8)), 4, lambda _: None)
    # The official code pads nothing at the border, ours reflects.
    inner = slice(
        4 * RECEPTIVE_RADIUS_PX["realesr-general-x4v3"], -4 * RECEPTIVE_RADIUS_PX["realesr-general-x4v3"]
    )
    assert np.abs(result.rgb.astype(int) - _read("out_x4.png"))[inner, inner].max() <= 1


def _edge_figures(result, truth):
    """Alpha's mean error, and PSNR over white, black and green, in the band of soft pixels plus 4 px."""
    soft = ((truth[..., 3] > 0) & (truth[..., 3] < 255)).astype(np.uint8)
    band = cv2.dilate(soft, np.ones((9, 9), np.uint8)) > 0
    error = np.abs(result[..., 3] / 255 - truth[..., 3] / 255)[band].mean()
    return [error, *(_psnr(result, truth, band, back) for back in ((255, 255, 255), (0, 0, 0), (0, 255, 0)))]


def _psnr(result, truth, band, back):
    over = [
        p[..., :3] * (p[..., 3:] / 255) + np.array(back) * (1 - p[..., 3:] / 255) for p in (result, truth)
    ]
    return 10 * np.log10(255**2 / ((over[0] - over[1])[band] ** 2).mean())


def test_edges_are_as_near_to_the_truth_as_the_recommended_method(general):
    small, truth = _read("rgba_truth_input.png"), _read("rgba_truth_x4.png")
    cutout = Cutout.of(np.ascontiguousarray(small[..., :3]), np.ascontiguousarray(small[..., 3]))
    result = general.upscale(cutout, 4, lambda _: None)
    ours = _edge_figures(np.dstack((result.rgb, result.alpha)), truth)
    recommended = _edge_figures(_read("rgba_truth_recommended.png"), truth)
    official = _edge_figures(_read("rgba_truth_official_realesrgan.png"), truth)
    assert ours[0] < recommended[0] + 1e-4 < official[0] / 2
    for psnr, wanted, beaten in zip(ours[1:], recommended[1:], official[1:], strict=True):
        assert psnr > wanted
        assert psnr > beaten + 2.5
