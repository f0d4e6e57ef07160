"""From a published file to a matte, for every network: fetched, checked, loaded strictly, converted, run.

The files are the official ones' twins: their names, shapes, formats and wrappings, with seeded numbers.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from safetensors.numpy import save as save_safetensors

from shared.catalog import CARDS, WeightSource
from tests.images import gradient
from worker.inference import torch_network
from worker.io.weights import Weights
from worker.segmentation.loading import load_segmenter, recipe

torch = pytest.importorskip("torch", reason='needs the extra "torch"')
pytest.importorskip("huggingface_hub", reason='needs the extra "torch"')

from tests.parity import official, vectors  # noqa: E402  (only where torch is)

SLOW = pytest.mark.slow


def birefnet(name):
    """Half precision, with the index that a loader must drop."""
    state = {key: value.numpy() for key, value in vectors.seeded_state(name).items()}
    halves = {key: value.astype(np.float16) for key, value in state.items() if value.dtype == np.float32}
    return {**state, **halves, "bb.layers.0.blocks.0.attn.relative_position_index": np.zeros(3, np.int64)}


def transformer_pth(name):
    state = vectors.seeded_state(name)
    state["backbone.layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(3, dtype=torch.int64)
    return state


def parallel(state):
    return {f"module.{key}": value for key, value in state.items()}


def isnet(_name="isnet"):
    return vectors.seeded_state("isnet")


def lightning(name):
    return {"epoch": 3, "state_dict": {f"net.{key}": value for key, value in isnet(name).items()}}


def without_counts(name):
    """As files of old versions of torch."""
    state = official.seeded_weights(name, 0)
    return {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}


def tracer_with_edge_module(name):
    """The official file: another name for the encoder, and the module that only training uses."""
    state = {
        key.replace("encoder.", "model.", 1) if key.startswith("encoder.") else key: value
        for key, value in official.seeded_weights(name, 0).items()
    }
    state["model.Frequency_Edge_Module1.conv_l1.weight"] = torch.zeros(2, 2)
    return parallel(state)


def without_aux(name):
    """Without the head that only training uses."""
    state = official.seeded_weights(name, 0)
    return {key: value for key, value in state.items() if not key.startswith("aux_classifier.")}


@dataclass(frozen=True)
class Case:
    model: str
    side: int
    make: object
    kind: str = "https"


CASES = [
    Case("u2netp", 32, lambda name: parallel(official.seeded_weights(name, 0))),
    Case("isnet-general-use", 64, isnet),
    Case("isnet-anime", 64, lightning, "hf"),
    Case("ormbg", 64, isnet, "hf"),
    Case("rmbg-1.4", 64, isnet, "hf"),
    Case("deeplabv3-resnet101", 64, without_aux),
    Case("u2net", 32, lambda name: official.seeded_weights(name, 0), "hf"),
    Case("basnet", 32, without_counts, "hf"),
    Case("tracer-b7", 64, tracer_with_edge_module, "hf"),
    Case("birefnet-lite", 64, birefnet, "hf"),
    Case("inspyrenet-fast", 64, transformer_pth),
    Case("birefnet-general", 64, birefnet, "hf"),
]
QUICK = {"u2netp", "isnet-general-use"}


def published(tmp_path, web, case):
    """The card of the model with its file on our server."""
    card = CARDS[case.model]
    made, first = case.make(card.arch), card.sources[0]
    path = tmp_path / "made"
    if case.make is birefnet:
        path.write_bytes(save_safetensors(made))
    else:
        torch.save(made, path)
    member = "weights/file"
    suffix = "safetensors" if case.make is birefnet else "pth"
    place = web.hub(f"org/{case.model}", member, path.read_bytes()) if case.kind == "hf" else (
        web.release(case.model, path.read_bytes())
    )  # fmt: skip
    source = WeightSource(case.kind, place, "", suffix, member=member if case.kind == "hf" else "")
    assert first.sha256 != "unused"
    return replace(card, sources=(source,), input_size=case.side, precision="f32")


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.model, marks=() if case.model in QUICK else SLOW) for case in CASES],
)
def test_a_published_file_becomes_a_matte(case, tmp_path, web):
    card = published(tmp_path, web, case)
    photo = gradient(90, 70)

    file = Weights(tmp_path / "cache", None, hub_url=web.url).get(card)
    segmenter = load_segmenter(card, file.path)
    matte = segmenter.matte(photo)

    network = torch_network.load(recipe(card), file.path)
    with torch.inference_mode():
        output = network(torch.from_numpy(segmenter.family.prepare(photo, card))).numpy()
    expected = segmenter.enlarge(output, width=70, height=90)
    assert matte.shape == (90, 70) and matte.dtype == np.float32
    # One level of eight bits, where a family cuts the matte to them.
    np.testing.assert_allclose(matte, expected, rtol=0, atol=1.5 / 255)
    assert np.abs(matte - expected).mean() < 1e-3
    assert load_segmenter(card, file.path).small_matte(photo).max() <= 1
