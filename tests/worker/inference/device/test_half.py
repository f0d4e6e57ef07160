"""Weights rounded once: the very same picture as autocast's, which rounds them in every pass."""

import copy

import pytest

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from shared.catalog import CARDS, UPSCALERS  # noqa: E402  (torch)
from worker.inference.device.half import round_weights  # noqa: E402  (torch)
from worker.segmentation.loading import recipe as of_segmenter  # noqa: E402  (torch)
from worker.upscaling.runtime import recipe as of_upscaler  # noqa: E402  (torch)

SIDE = 64
NETWORKS = ("birefnet-lite", "isnet-general-use", "u2netp", "basnet", "realesr-animevideov3")
ENLARGES = "realesrgan-x4plus-anime"


def recipe(name):
    return of_segmenter(CARDS[name]) if name in CARDS else of_upscaler(UPSCALERS[name], SIDE)


def test_these_are_all_kinds_that_a_gpu_has_in_half_precision():
    kinds = {card.family for card in CARDS.values() if card.arch and recipe(card.name).on_cuda != "f32"}
    assert kinds == {"birefnet", "isnet", "isnet_anime", "ormbg", "rmbg14", "u2net", "basnet"}


@pytest.mark.parametrize("name", [*NETWORKS, ENLARGES])
def test_a_pass_gives_the_very_picture_that_autocast_gives(name):
    torch.manual_seed(0)
    network = recipe(name).wrap(recipe(name).build()).eval().requires_grad_(False)
    side = 16 if name == ENLARGES else SIDE
    pixels = torch.randint(0, 256, (1, side, side, 3), dtype=torch.uint8)
    rounded = copy.deepcopy(network)
    round_weights(rounded, torch.bfloat16)  # a CPU takes minutes for fp16
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        expected, made = network(pixels), rounded(pixels)
    assert expected.float().std() > 0
    assert torch.equal(made, expected)


def test_only_convolutions_and_linear_layers_are_rounded():
    class Standardised(torch.nn.Conv2d):
        """Computes with its weights before it uses them."""

    layers = [torch.nn.Conv2d(1, 1, 1), torch.nn.Linear(1, 1), torch.nn.BatchNorm2d(1), torch.nn.LayerNorm(1)]
    network = torch.nn.Sequential(*layers, Standardised(1, 1, 1))
    round_weights(network, torch.bfloat16)
    kinds = [layer.weight.dtype for layer in network]
    assert kinds == [torch.bfloat16] * 2 + [torch.float32] * 3
