"""ONNX files: bytes in, the first output only, white by the brightest value and a sigmoid where they are wanted."""

import numpy as np
import pytest

from shared.catalog import CARDS
from shared.errors import ModelUnavailable
from worker.inference.openvino_network import OpenVinoNetwork
from worker.segmentation.family import Levels
from worker.segmentation.loading import family_of, load_segmenter, recipe
from worker.segmentation.onnx import read_onnx

PLAIN = Levels((0.5, 0.25, 0), (1, 0.5, 2))
BRIGHTEST = Levels((0, 0, 0), (1, 1, 1), by_brightest=True)


def field(number, value):
    """One field of a protocol buffer: an int, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def tensor(name, *dims):
    shape = b"".join(field(1, field(1, dim)) for dim in dims)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def attribute(name, kind, value):
    return field(5, field(1, name) + value + field(20, kind))


def mean_of_colours(side=4):
    """A network of one node: the mean of the colours; and a second output that nobody wants."""
    axes = attribute("axes", 7, field(8, 1))
    keep = attribute("keepdims", 2, field(3, 1))
    mean = field(1, "x") + field(2, "mean") + field(4, "ReduceMean") + axes + keep
    side_output = field(1, "x") + field(2, "side") + field(4, "Neg")
    graph = (
        field(1, mean) + field(1, side_output) + field(2, "g") + field(11, tensor("x", 1, 3, side, side))
        + field(12, tensor("mean", 1, 1, side, side)) + field(12, tensor("side", 1, 3, side, side))
    )  # fmt: skip
    return field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 11))


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "made.onnx"
    file.write_bytes(mean_of_colours())
    return file


@pytest.fixture
def batch():
    return np.random.default_rng(0).integers(0, 200, (1, 4, 4, 3), np.uint8)


def run(path, batch, levels, finish, **options):
    graph = read_onnx(path, levels, finish, **options)
    assert len(graph.outputs) == 1
    return OpenVinoNetwork(lambda: graph, "f32").infer(batch)


def test_bytes_are_normalised_inside_the_graph(path, batch):
    expected = ((batch / 255 - PLAIN.mean) / PLAIN.deviation).mean(3)
    np.testing.assert_allclose(run(path, batch, PLAIN, "none")[:, 0], expected, rtol=0, atol=1e-5)
    floats = run(path, batch.astype(np.float32), PLAIN, "none", floats=True)
    np.testing.assert_allclose(floats[:, 0], expected, rtol=0, atol=1e-5)


def test_logits_become_a_matte(path, batch):
    logits = run(path, batch, PLAIN, "none")
    np.testing.assert_allclose(run(path, batch, PLAIN, "sigmoid"), 1 / (1 + np.exp(-logits)), atol=1e-5)


@pytest.mark.parametrize("brightest", [199, 10, 1, 0])
def test_white_is_the_brightest_value_and_black_stays_black(path, batch, brightest):
    batch = np.minimum(batch, brightest)
    expected = (batch / max(int(batch.max()), 1)).mean(3)
    np.testing.assert_allclose(run(path, batch, BRIGHTEST, "none")[:, 0], expected, rtol=0, atol=1e-5)


def test_it_normalises_as_the_torch_graph_does(path, batch):
    torch = pytest.importorskip("torch", reason='needs the extra "torch"')
    from worker.segmentation.arch.mask import MaskNetwork  # noqa: PLC0415

    class Mean(torch.nn.Module):
        def forward(self, x):
            return x.mean(1, keepdim=True)

    for levels in (PLAIN, BRIGHTEST):
        theirs = MaskNetwork(Mean(), levels, "sigmoid")(torch.from_numpy(batch)).numpy()
        np.testing.assert_allclose(run(path, batch, levels, "sigmoid"), theirs, rtol=0, atol=1e-5)


def test_a_damaged_file_is_said_to_be_one(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no graph at all")
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        read_onnx(tmp_path / "bad.onnx", PLAIN, "none")


def test_a_row_that_is_only_onnx_runs_it_and_has_no_recipe(tmp_path):
    card = CARDS["silueta"]
    (tmp_path / "s.onnx").write_bytes(mean_of_colours(320))
    matte = load_segmenter(card, tmp_path / "s.onnx").matte(np.full((20, 30, 3), 90, np.uint8))
    assert matte.shape == (20, 30)
    assert family_of(card).finish == "sigmoid"
    with pytest.raises(ModelUnavailable, match="ONNX file only"):
        recipe(card)
