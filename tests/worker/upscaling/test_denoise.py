"""Networks between two sets of weights."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from shared.catalog import PARTNERS, UPSCALERS
from shared.errors import ModelUnavailable
from tests.worker.upscaling import seeded
from tests.worker.upscaling.seeded import SIDE_PX, seeded_network
from worker.imaging.types import Cutout
from worker.upscaling.denoise import Strengths, mixed, rounded
from worker.upscaling.realesrgan import Upscaler

CARD = replace(seeded.CARD, partner="its-partner")


@pytest.fixture(scope="module")
def states():
    """Weights, and the partner's, by key."""
    return [
        {key: value.numpy() for key, value in seeded_network(seed).state_dict().items()} for seed in (1, 2)
    ]


@pytest.fixture(scope="module")
def files(states, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    paths = folder / "seeded-aaaa.safetensors", folder / "partner-bbbb.safetensors"
    for path, state in zip(paths, states, strict=True):
        save_file(state, path)
    return paths


@pytest.fixture(scope="module")
def upscaler(files):
    own, partner = files
    return Upscaler.load(CARD, own, device="cpu", tile_side_px=SIDE_PX, partner=lambda: partner)


def _enlarged(state, rgb):
    """By torch, from the weights themselves."""
    import torch  # noqa: PLC0415

    network = seeded_network(0)
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    with torch.inference_mode():
        enlarged = network(torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255)[0]
    return (enlarged.clamp(0, 1) * 255).round().permute(1, 2, 0).numpy()


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_a_strength_is_the_network_of_weights_mixed_so(strength, states, upscaler):
    rgb = np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8)
    opaque = np.full((20, 20), 255, np.uint8)
    own, partner = states
    state = {key: np.float32(strength) * own[key] + np.float32(1 - strength) * partner[key] for key in own}

    network = upscaler.denoising(strength)._network
    tile = np.pad(rgb, ((10, 10), (10, 10), (0, 0)), "reflect")

    assert np.abs(network.run(tile[None])[0] - _enlarged(state, tile)).max() <= 1
    assert upscaler.denoising(strength).upscale(Cutout.of(rgb, opaque), 2, lambda _: None).rgb.shape == (
        40,
        40,
        3,
    )


def test_full_strength_is_the_network_alone_and_needs_no_partner(upscaler):
    assert upscaler.denoising(None) is upscaler
    assert upscaler.denoising(1.0) is upscaler
    assert upscaler.denoising(0.98) is upscaler


def test_the_mixture_is_made_once_for_each_twentieth(files, states):
    own, partner = files
    shapes = {key: value.shape for key, value in states[0].items()}

    made = mixed(own, partner, 0.25, shapes)
    written = made.stat().st_mtime_ns

    assert mixed(own, partner, 0.25, shapes) == made
    assert made.stat().st_mtime_ns == written
    assert mixed(own, partner, 0.3, shapes) != made
    for key, value in load_file(made).items():
        np.testing.assert_allclose(value, 0.25 * states[0][key] + 0.75 * states[1][key], atol=1e-6)
    assert {round(100 * rounded(step / 1000)) for step in range(1001)} == set(range(0, 101, 5))


def test_the_last_strength_stays_loaded_until_it_is_parked():
    loaded = []
    strengths = Strengths(lambda strength: loaded.append(strength) or object())

    first = strengths.get(0.5)
    assert strengths.get(0.5) is first
    strengths.get(0.25)
    strengths.get(0.5)
    strengths.park()
    strengths.get(0.5)

    assert loaded == [0.5, 0.25, 0.5, 0.5]


def test_a_network_without_a_partner_says_so(files):
    upscaler = Upscaler.load(CARD, files[0], device="cpu", tile_side_px=SIDE_PX)

    with pytest.raises(ModelUnavailable, match="denoise less"):
        upscaler.denoising(0.5)


def test_partners_are_networks_of_one_kind():
    for card in UPSCALERS.values():
        if card.partner:
            partner = PARTNERS[card.partner]
            assert (partner.arch, partner.scale) == (card.arch, card.scale)
