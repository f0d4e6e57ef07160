"""What is known of an int8 graph: kept whole or not at all, found again, offered only where it is."""

from dataclasses import replace

import pytest

from shared.catalog import CARDS, INT8, WeightSource
from shared.errors import ModelUnavailable
from worker.io.digest import digest_of
from worker.io.int8 import Differences, Int8Record, discard, graph_path, keep, read_record
from worker.io.weights import Weights
from worker.models import Models

SOURCE = WeightSource("file", "mine.onnx", "", "onnx")
NEAR = Differences(photos=4, matte=0.001, iou=0.99, gradient=0.01, time=0.6)


def record(recipe="aaaabbbbcccc", *, accepted=True, sha256="0" * 64):
    return Int8Record(
        model="imgly-medium",
        recipe=recipe,
        weights_sha256="1" * 64,
        photos_sha256="2" * 64,
        photos=30,
        made_with={"nncf": "3"},
        graph_sha256=sha256,
        differences=NEAR,
        accepted=accepted,
    )


@pytest.fixture
def cards():
    """Rows of a network and of its variant, whose weights are a file of ours."""
    return {
        name: replace(card, sources=(SOURCE,))
        for name, card in (CARDS | INT8).items()
        if name in ("imgly-medium", "imgly-medium-int8", "isnet-general-use-int8")
    }


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.onnx").write_bytes(b"weights")
    return Weights(tmp_path / "cache", tmp_path / "mine")


@pytest.fixture
def made(tmp_path, cards, weights):
    """Keep a graph beside the network's weights; returns those."""

    def made(recipe="aaaabbbbcccc", *, accepted=True):
        file = weights.get(cards["imgly-medium"]).path
        draft = tmp_path / "cache" / "draft.xml"
        draft.write_bytes(b"layers " + recipe.encode())
        draft.with_suffix(".bin").write_bytes(b"numbers " + recipe.encode())
        sha256 = digest_of(draft.with_suffix(".bin"))
        keep(draft, file, record(recipe, accepted=accepted, sha256=sha256))
        return file

    return made


def test_a_graph_that_was_kept_is_found_by_its_record(made):
    file = made()
    assert read_record(file).recipe == "aaaabbbbcccc"
    assert graph_path(file, "aaaabbbbcccc").read_bytes() == b"layers aaaabbbbcccc"


def test_a_new_graph_takes_the_place_of_the_one_before(made):
    file = made()
    made("ddddeeeeffff")
    assert read_record(file).recipe == "ddddeeeeffff"
    assert not graph_path(file, "aaaabbbbcccc").exists()
    assert sorted(path.suffix for path in file.parent.glob("*.int8*")) == [".bin", ".json", ".xml"]


def test_what_is_discarded_leaves_the_weights_alone(made):
    file = made()
    discard(file)
    assert read_record(file) is None
    assert file.exists() and not list(file.parent.glob("*.int8*"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"recipe": "../../etc"}', '{"model": 1}'])
def test_a_record_that_makes_no_sense_counts_as_none(made, text):
    file = made()
    file.with_name(f"{file.name}.int8.json").write_text(text)
    assert read_record(file) is None


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_record_without_its_graph_counts_as_none(made, suffix):
    file = made()
    graph_path(file, "aaaabbbbcccc").with_suffix(suffix).unlink()
    assert read_record(file) is None


def test_a_variant_is_present_only_once_it_is_made(made, cards, weights):
    variant = cards["imgly-medium-int8"]
    assert weights.present(variant) is None
    made(accepted=False)
    assert weights.present(variant).is_for_auto is False
    made()
    assert weights.get(variant).is_for_auto is True
    assert weights.present(cards["isnet-general-use-int8"]) is None


def test_asking_for_one_that_is_not_there_says_which_command_makes_it(weights, cards):
    with pytest.raises(ModelUnavailable, match="models quantize imgly-medium --calibrate FOLDER"):
        weights.get(cards["imgly-medium-int8"])


def test_numbers_that_have_changed_are_removed_and_refused(made, cards, weights):
    graph = graph_path(made(), "aaaabbbbcccc")
    graph.with_suffix(".bin").write_bytes(b"other numbers")
    with pytest.raises(ModelUnavailable, match="models quantize"):
        weights.get(cards["imgly-medium-int8"])
    assert not graph.exists()


@pytest.fixture
def models(cards, weights):
    """The models of a worker with this device; loading one gives its name."""
    return lambda device: Models(cards, device, weights, lambda card, _file: card.name)


@pytest.mark.parametrize(
    ("device", "accepted", "taken"),
    [
        ("cpu", True, "imgly-medium-int8"),
        ("cpu", False, "imgly-medium"),
        ("cuda", True, "imgly-medium"),
    ],
)
def test_auto_takes_an_accepted_variant_on_a_cpu(models, made, device, accepted, taken):
    made(accepted=accepted)
    loaded = models(device).get("auto")
    assert loaded.used.name == loaded.model == taken


def test_auto_does_without_a_variant_where_none_was_made(models):
    assert models("cpu").get("auto").used.name == "imgly-medium"


def test_auto_goes_on_to_the_exact_network_when_its_variant_is_damaged(models, made):
    graph_path(made(), "aaaabbbbcccc").with_suffix(".bin").write_bytes(b"other numbers")
    assert models("cpu").get("auto").used.name == "imgly-medium"


def test_a_variant_that_was_refused_can_still_be_asked_for(models, made):
    made(accepted=False)
    assert models("cpu").get("imgly-medium-int8").model == "imgly-medium-int8"
    assert "imgly-medium-int8" in models("cpu").present()
