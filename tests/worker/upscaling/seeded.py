"""A small super-resolution network with weights of one's own seed."""

import pytest

from shared.catalog import ModelCard

SIDE_PX = 40
CARD = ModelCard(
    name="seeded",
    task="upscale",
    family="srvgg",
    sources=(),
    license="none",
    commercial_use=True,
    input_size=None,
    scale=4,
    arch="srvgg_anime",
    tile_pad_px=10,
)


def seeded_network(seed):
    torch = pytest.importorskip("torch", reason='needs the extra "torch"')
    from worker.upscaling.arch import build  # noqa: PLC0415

    torch.manual_seed(seed)
    return build(CARD.arch)
