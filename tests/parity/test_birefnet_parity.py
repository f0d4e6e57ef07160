"""BiRefNet, general and lite, against the official code, in both orders of the image's tiles."""

from functools import lru_cache

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import vectors  # noqa: E402  (only where torch is)
from worker.segmentation.arch import build  # noqa: E402

TOLERANCE = 5e-5  # logits, float32 on a CPU; the smallest real mistake tried makes 2e-4
SLOW = pytest.mark.slow
# network, case, order of the tiles, name of the map with every pixel
CASES = [
    ("birefnet_lite", "a", "wg_hg_c", "a.logits"),
    ("birefnet_lite", "b", "wg_hg_c", "b.logits"),
    ("birefnet_lite", "a_chgwg", "c_hg_wg", "a.logits_chgwg"),
    ("birefnet", "b", "wg_hg_c", "b.logits"),
    pytest.param("birefnet_lite", "b_chgwg", "c_hg_wg", "b.logits_chgwg", marks=SLOW),
    pytest.param("birefnet_lite", "c", "wg_hg_c", "c.logits", marks=SLOW),
    pytest.param("birefnet", "a", "wg_hg_c", "a.logits", marks=SLOW),
    pytest.param("birefnet", "a_chgwg", "c_hg_wg", "a.logits_chgwg", marks=SLOW),
    pytest.param("birefnet", "b_chgwg", "c_hg_wg", "b.logits_chgwg", marks=SLOW),
    pytest.param("birefnet", "c", "wg_hg_c", "c.logits", marks=SLOW),
]


def _taps() -> vectors.Taps:
    taps: vectors.Taps = {
        "patch_embed_full": ("bb.patch_embed", lambda n, _, out: out.permute(0, 3, 1, 2) if n == 0 else None),
        "squeeze_in": ("squeeze_module.0", lambda _n, inputs, _out: inputs[0]),
        "squeeze_dec_att": vectors.output_of("squeeze_module.0.dec_att"),
        "squeeze_out": vectors.output_of("squeeze_module.0"),
    }
    for k in range(1, 5):  # the backbone runs twice: on the image, then on its half
        taps[f"bb_full_x{k}"] = ("bb", lambda n, _, out, k=k: out[k] if n == 0 else None)
        taps[f"bb_half_x{k}"] = ("bb", lambda n, _, out, k=k: out[k] if n == 1 else None)
        taps[f"decoder_block{k}"] = vectors.output_of(f"decoder.decoder_block{k}")
    for k in range(1, 6):
        taps[f"ipt_blk{k}"] = vectors.output_of(f"decoder.ipt_blk{k}")
    for k in range(2, 5):
        taps[f"gdt_attn_logit_{k}"] = vectors.output_of(f"decoder.gdt_convs_attn_{k}")
        taps[f"lateral_block{k}"] = vectors.output_of(f"decoder.lateral_block{k}")
    return taps


@lru_cache
def _seen(name, case, order):
    expected = vectors.recorded(name)
    image = vectors.picture(expected, expected[f"{case}.input_spec"])
    return vectors.run(vectors.seeded_network(name, patch_order=order), image, _taps())


@pytest.mark.parametrize("name", ["birefnet_lite", pytest.param("birefnet", marks=SLOW)])
def test_the_keys_are_the_official_ones_in_their_order(name):
    vectors.assert_official_keys(name)


@pytest.mark.parametrize(("name", "case", "order", "_full"), CASES)
def test_the_way_and_then_the_logits_equal_the_official_ones(name, case, order, _full):
    seen, expected = _seen(name, case, order), vectors.recorded(name)
    vectors.assert_same_way(seen, expected, case, TOLERANCE)
    vectors.assert_same_map(seen.output, expected, f"{case}.logits", TOLERANCE)


@pytest.mark.parametrize(("name", "case", "order", "full"), CASES)
def test_every_pixel_equals_the_official_one(name, case, order, full):
    expected = vectors.every_pixel(name)
    vectors.assert_same_map(_seen(name, case, order).output, expected, full, TOLERANCE)


def test_a_checkpoint_that_brings_the_position_index_loads_too():
    network = build("birefnet_lite")
    state = vectors.seeded_state("birefnet_lite")
    indices = [key for key, _, _ in vectors.official_keys("birefnet_lite")["keys"] if key.endswith("_index")]
    state |= dict.fromkeys(indices, torch.zeros(49, 49, dtype=torch.int64))
    network.load_state_dict(state, strict=True)
    attention = network.get_submodule(indices[0].rpartition(".")[0])
    assert attention.relative_position_index.unique().numel() == 13**2  # ours, not the zeros


def test_an_unknown_order_of_tiles_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="wg_hg_c, c_hg_wg"):
        build("birefnet_lite", patch_order="hg_wg_c")


@pytest.mark.parametrize("size", [(32, 32), (32, 160), (96, 64)])
def test_any_multiple_of_32_gives_a_finite_map_of_the_same_size(size):
    network = build("birefnet_lite").eval()
    with torch.inference_mode():
        logits = network(torch.randn(2, 3, *size))
    assert logits.shape == (2, 1, *size)
    assert logits.isfinite().all()


def test_pictures_of_one_batch_do_not_touch_each_other():
    network = vectors.seeded_network("birefnet_lite")
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        together, alone = network(images), network(images[1:])
    np.testing.assert_allclose(together[1:].numpy(), alone.numpy(), rtol=0, atol=1e-5)


def test_bfloat16_stays_near():
    network = vectors.seeded_network("birefnet_lite")
    image = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        exact = network(image).sigmoid()
        with torch.autocast("cpu", torch.bfloat16):
            mixed = network(image.contiguous(memory_format=torch.channels_last)).float().sigmoid()
        whole = network.bfloat16()(image.bfloat16()).float().sigmoid()
    assert (mixed - exact).abs().mean() < 0.004
    assert (whole - exact).abs().mean() < 0.004
