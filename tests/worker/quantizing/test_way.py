"""What is left exact, and what makes one result another."""

from dataclasses import fields, replace

import openvino as ov
import pytest

from tests.worker.quantizing.tiny import tiny_onnx
from worker.quantizing.plain import in_float32
from worker.quantizing.way import Way, is_transformer, left_exact, recipe_hash


@pytest.fixture
def graph(tmp_path):
    (tmp_path / "tiny.onnx").write_bytes(tiny_onnx(32))
    return in_float32(ov.Core().read_model(tmp_path / "tiny.onnx"))


def left(graph, way):
    """Convolutions and activations in their order, with what belongs to them."""
    return sorted({name.split("/")[0] for name in left_exact(graph, way)} - {"x"})


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0, 0, []),
        (1, 0, ["c0"]),
        (1, 1, ["c0", "c4", "matte"]),
        (0, 2, ["c3", "c4", "matte", "r3"]),
        (2, 9, ["c0", "c1", "c2", "c3", "c4", "matte", "r0", "r1", "r2", "r3"]),
    ],
)
def test_the_first_convolutions_and_all_from_the_last_on_stay_exact(graph, first, last, expected):
    assert left(graph, Way(exact_first=first, exact_last=last)) == expected


def test_convolutions_alone_are_no_transformer(graph):
    assert not is_transformer(graph)


def test_whatever_decides_the_result_changes_its_hash():
    given = (Way(), "weights", "photos", {"nncf": "1"})
    others = [
        *(
            (replace(Way(), **{field.name: getattr(Way(), field.name) + 1}), *given[1:])
            for field in fields(Way)
        ),
        (Way(), "other", "photos", {"nncf": "1"}),
        (Way(), "weights", "other", {"nncf": "1"}),
        (Way(), "weights", "photos", {"nncf": "2"}),
    ]
    hashes = {recipe_hash(*each) for each in [given, *others]}
    assert len(hashes) == 1 + len(others)
    assert recipe_hash(*given) == recipe_hash(*given)
