"""A tiny network quantised for real."""

import numpy as np
import openvino as ov
import pytest

from shared.limits import picture_limits
from shared.settings import Settings
from tests.worker.quantizing.conftest import photo
from tests.worker.quantizing.graphs import block, computed, photos
from worker.io.int8 import read_record
from worker.quantizing.equalizing import equalized
from worker.quantizing.nncf_room import quantized
from worker.quantizing.photos import read_photos
from worker.quantizing.quantize import quantize
from worker.quantizing.way import Way
from worker.segmentation.loading import family_of, load_segmenter

WAY = Way()
nncf = pytest.importorskip("nncf", reason='needs the extra "int8"')
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def made(cards, weights, folder):
    """Quantise the tiny network; returns the record, the exact network's file, and what was told."""
    exact, _ = cards

    def made(way=WAY, most=16):
        told = []
        file = weights.get(exact)
        family = family_of(exact)
        photos = read_photos(folder, most, lambda rgb: family.prepare(rgb, exact), picture_limits(Settings()))
        return quantize(exact, file, photos, way, lambda *step: told.append(step)), file, told

    return made


def integers(graph):
    """How many convolutions read 8-bit weights."""
    return sum(
        op.get_type_name() == "Constant" and str(op.get_element_type()) in ("<Type: 'int8_t'>", "<Type: 'uint8_t'>")
        and len(op.get_output_shape(0)) == 4 and op.get_output_shape(0)[-1] == 3
        for op in graph.get_ops()
    )  # fmt: skip


def test_the_variant_is_kept_beside_the_weights_loads_and_is_near(made, cards, weights):
    record, file, told = made()
    exact, variant = cards
    assert told[11:13] == [("levelling channels", 12, 12), ("comparing", 1, 4)]
    assert told[-1] == ("comparing", 4, 4)
    found = weights.get(variant)
    assert (found.format, found.sha256, found.is_for_auto) == ("int8", record.graph_sha256, record.accepted)
    assert found.path.parent == file.path.parent
    ours, theirs = (
        load_segmenter(card, weights.get(card).path).matte(photo(99)) for card in (variant, exact)
    )
    assert abs(ours - theirs).mean() < 0.02
    assert record.differences.matte < 0.02
    assert weights.verify(variant)


def test_the_first_and_last_convolutions_are_left_in_floating_point(made, cards, weights):
    made(Way(exact_first=1, exact_last=1))
    graph = ov.Core().read_model(weights.get(cards[1]).path)
    assert integers(graph) == 3


def test_the_same_photos_and_way_are_not_done_again(made):
    first, file, _ = made()
    again, _, told = made()
    assert again == first and told == []
    other, *_ = made(most=12)
    assert other.recipe != first.recipe
    assert read_record(file.path) == other
    assert len(list(file.path.parent.glob("*.int8-*.xml"))) == 1


def test_an_interruption_leaves_nothing_and_what_was_there_holds(made, cards, weights, monkeypatch):
    first, file, _ = made()
    before = sorted(file.path.parent.iterdir())

    def interrupted(*_given):
        raise KeyboardInterrupt

    monkeypatch.setattr("worker.quantizing.quantize.differences", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made(most=12)
    assert sorted(file.path.parent.iterdir()) == before
    assert read_record(file.path) == first


def test_channels_of_unlike_ranges_are_brought_to_like_ones_first():
    def difference(graph):
        found = [computed(quantized(graph, photos(12), WAY), photo) for photo in photos()]
        return np.mean(np.abs(np.array(found) - [computed(block(1, 3.0), photo) for photo in photos()]))

    level = equalized(block(1, 3.0), photos(12), WAY.activations_share)
    assert difference(level) < 0.3 * difference(block(1, 3.0))
