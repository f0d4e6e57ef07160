"""Each family's published files name their weights in ways of their own; all are read under the network's names.

Every tensor is one number, equal to its place in the official order: names are at stake here, not shapes.
"""

import numpy as np
import pytest
from safetensors.numpy import save_file

from shared.catalog import CARDS
from shared.errors import ModelUnavailable
from worker.inference.checkpoint import read_state_dict
from worker.segmentation.loading import family_of

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from tests.parity.vectors import official_keys  # noqa: E402  (only where torch is)


def numbered(model):
    """The official names, each with its number."""
    spec = official_keys(CARDS[model].arch)
    names = [name for name, _, _ in spec["keys"] if name.rpartition(".")[2] not in spec["skip"]]
    return {name: np.full(1, number, np.float32) for number, name in enumerate(names)}


def prefixed(prefix):
    return lambda state: {prefix + name: value for name, value in state.items()}


def without(*parts):
    return lambda state: {
        name: value for name, value in state.items() if not any(part in name for part in parts)
    }


def beside(*names):
    return lambda state: {**state, **{name: np.zeros(1, np.float32) for name in names}}


def renamed(old, new):
    return lambda state: {
        new + name.removeprefix(old) if name.startswith(old) else name: value for name, value in state.items()
    }


INDEX = "layers.0.blocks.0.attn.relative_position_index"
UNREAD = ("num_batches_tracked", "conv_ms_spvn_", "gdt_convs_pred_", "aux_classifier.", "side2.", "side6.")

FORMS = [
    ("birefnet-lite", "half precision, with the index", [beside(f"bb.{INDEX}")]),
    ("birefnet-general", "compiled, on several GPUs", [prefixed("module._orig_mod.")]),
    ("birefnet-general", "without supervision", [without("conv_ms_spvn_", "gdt_convs_pred_")]),
    ("rmbg-2.0", "as BiRefNet", []),
    ("inspyrenet", "with the index", [beside(f"backbone.{INDEX}")]),
    ("inspyrenet-pyramid", "with the index", [beside(f"backbone.{INDEX}")]),
    ("isnet-general-use", "plain", []),
    ("isnet-general-use", "one map only", [without("side2.", "side6.")]),
    ("isnet-anime", "lightning", [beside("gt_encoder.conv_in.weight"), prefixed("net.")]),
    ("ormbg", "on several GPUs", [prefixed("module.")]),
    ("rmbg-1.4", "plain", []),
    ("u2net", "old torch", [without("num_batches_tracked")]),
    ("u2netp", "on several GPUs", [prefixed("module.")]),
    ("basnet", "old torch", [without("num_batches_tracked")]),
    ("tracer-b7", "as carvekit has it", [beside("Edge_Module.conv.weight")]),
    (
        "tracer-b7",
        "official",
        [
            renamed("encoder.", "model."),
            beside("model.Frequency_Edge_Module1.conv_l1.weight"),
            prefixed("module."),
        ],
    ),
    ("deeplabv3-resnet101", "without the second head", [without("aux_classifier.")]),
]


def saved(path, state, halve):
    if halve:
        save_file({name: value.astype(np.float16) for name, value in state.items()}, path)
    else:
        torch.save({name: torch.from_numpy(value) for name, value in state.items()}, path)
    return path


@pytest.mark.parametrize(("model", "form", "changes"), FORMS, ids=[f"{form[0]}: {form[1]}" for form in FORMS])
def test_every_published_form_is_read_under_the_official_names(tmp_path, model, form, changes):
    official = published = numbered(model)
    for change in changes:
        published = change(published)
    path = saved(tmp_path / "weights", published, halve=form.startswith("half"))

    read = read_state_dict(path, dict.fromkeys(official, (1,)), family_of(CARDS[model]).keys)

    assert list(read) == list(official)
    for name, value in official.items():
        if not any(part in name for part in UNREAD):
            assert read[name] == value, name


@pytest.mark.parametrize("model", sorted({form[0] for form in FORMS}))
def test_no_family_takes_weights_that_it_does_not_know_or_goes_without_those_it_needs(tmp_path, model):
    official = numbered(model)
    keys = family_of(CARDS[model]).keys
    shapes = dict.fromkeys(official, (1,))
    first = next(iter(official))

    path = saved(tmp_path / "more", beside("head.strange")(official), halve=False)
    with pytest.raises(ModelUnavailable, match=r"unexpected: head\.strange$"):
        read_state_dict(path, shapes, keys)
    path = saved(tmp_path / "less", {name: official[name] for name in official if name != first}, halve=False)
    with pytest.raises(ModelUnavailable, match=f"missing: {first}$"):
        read_state_dict(path, shapes, keys)
