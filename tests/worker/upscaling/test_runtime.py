"""Super-resolution networks as the upscaler uses them: tiles in, larger tiles out."""

import copy
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from shared.catalog import PARTNERS, UPSCALERS
from shared.errors import OutOfMemory, SettingsInvalid
from tests.worker.upscaling.seeded import CARD, SIDE_PX, seeded_network
from worker.upscaling import runtime
from worker.upscaling.realesrgan import Upscaler
from worker.upscaling.recombine import MARGIN_PX
from worker.upscaling.runtime import Tiles, load_tiles


@pytest.fixture(scope="module")
def network():
    return seeded_network(0)


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "seeded.safetensors"
    save_file({key: value.numpy() for key, value in network.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def tile():
    return np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8)


@pytest.fixture(scope="module")
def loaded(weights):
    return load_tiles(CARD, weights, device="cpu", side_px=SIDE_PX)


def test_the_converted_network_equals_torch_within_one_level(loaded, network, tile):
    import torch  # noqa: PLC0415

    with torch.inference_mode():
        x = torch.from_numpy(tile).permute(2, 0, 1)[None].float() / 255
        expected = (network(x)[0].clamp(0, 1) * 255).round().permute(1, 2, 0).numpy()
    enlarged = loaded.run(tile[None])[0]
    assert enlarged.shape == (4 * SIDE_PX, 4 * SIDE_PX, 3) and enlarged.dtype == np.uint8
    assert np.abs(enlarged - expected).max() <= 1


def test_results_are_independent_of_later_runs(loaded, tile):
    first = loaded.run(tile[None])
    kept = first.copy()
    loaded.run(255 - tile[None])
    np.testing.assert_array_equal(first, kept)


class Doubling:
    """Holds so many tiles."""

    def __init__(self, fits):
        self.fits, self.seen = fits, []

    def infer(self, batch):
        self.seen.append(len(batch))
        if len(batch) > self.fits:
            raise OutOfMemory("full")
        return batch.repeat(2, axis=1).repeat(2, axis=2)


def test_tiles_that_do_not_fit_together_go_in_halves_and_no_more_at_once_from_then_on():
    tiles, network = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8), Doubling(fits=2)
    loaded = Tiles(network, 4, 2, at_once=7)
    for _ in range(2):
        np.testing.assert_array_equal(loaded.run(tiles), tiles.repeat(2, axis=1).repeat(2, axis=2))
    assert network.seen == [7, 4, 2, 2, 2, 1, 2, 2, 2, 1] and loaded.at_once == 2


def test_a_tile_that_does_not_fit_alone_is_out_of_memory():
    with pytest.raises(OutOfMemory):
        Tiles(Doubling(fits=0), 4, 2, at_once=4).run(np.zeros((3, 4, 4, 3), np.uint8))


def test_tiles_enlarged_together_by_torch_are_those_enlarged_alone(network):
    from tests.worker.inference.device.twin import Twin  # noqa: PLC0415  (torch)
    from worker.inference.device.network import TorchNetwork  # noqa: PLC0415  (torch)

    twin, made_of = Twin(), runtime.recipe(CARD, SIDE_PX)
    on_device = TorchNetwork(made_of, made_of.wrap(copy.deepcopy(network)).requires_grad_(False), twin)
    tiles = np.random.default_rng(1).integers(0, 256, (3, SIDE_PX, SIDE_PX, 3), np.uint8)
    together, alone = (Tiles(on_device, SIDE_PX, 4, at_once).run(tiles) for at_once in (3, 1))
    twin.end()
    assert made_of.on_cuda == "fp16" and together.shape == (3, 4 * SIDE_PX, 4 * SIDE_PX, 3)
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(("device", "at_once"), [("cpu", 1), ("cuda", 6)])
def test_only_a_gpu_gets_several_tiles_at_once(monkeypatch, device, at_once):
    monkeypatch.setattr(runtime, "load_network", lambda *_args, **_options: Doubling(fits=9))
    assert load_tiles(CARD, None, device=device, side_px=SIDE_PX, max_batch=6).at_once == at_once


def test_the_room_is_imported_without_torch():
    code = "import sys, worker.upscaling.realesrgan; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_upscaler_is_loaded_from_a_card_and_a_weights_file(loaded, weights):
    upscaler = Upscaler.load(CARD, weights, device="cpu", tile_side_px=SIDE_PX - 1)
    assert isinstance(upscaler, Upscaler)


def test_a_tile_setting_too_small_for_the_network_is_named(weights):
    with pytest.raises(SettingsInvalid, match="upscale_tile_px must be at least 36 for seeded"):
        Upscaler.load(CARD, weights, device="cpu", tile_side_px=35)


@pytest.mark.parametrize("card", [*UPSCALERS.values(), *PARTNERS.values()], ids=lambda card: card.name)
def test_every_upscaler_of_the_catalogue_has_its_network(card):
    pytest.importorskip("torch", reason='needs the extra "torch"')
    from worker.upscaling.arch import build  # noqa: PLC0415

    network = build(card.arch)
    assert card.arch.startswith(card.family)
    assert network.__class__.__module__ == f"worker.upscaling.arch.{card.family}"
    assert card.scale in (2, 4) and card.tile_pad_px >= MARGIN_PX
