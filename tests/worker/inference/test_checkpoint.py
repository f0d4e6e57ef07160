import os
import pickle
import struct

import numpy as np
import pytest
from safetensors.numpy import save_file

from shared.errors import ModelUnavailable
from worker.inference.checkpoint import read_state_dict
from worker.inference.ncnn import NCNN_FP16, NCNN_FP32

SHAPES = {
    "body.0.weight": (3, 3, 3, 3),  # 81 numbers: an odd count, so fp16 needs padding
    "body.0.bias": (3,),
    "body.1.weight": (3,),
    "body.2.weight": (2, 3, 3, 3),
    "body.2.bias": (2,),
}


def _state():
    random = np.random.default_rng(1)
    # Halves, so that the fp16 formats keep them exactly.
    return {key: random.integers(-99, 99, shape).astype(np.float32) / 2 for key, shape in SHAPES.items()}


def _ncnn(state, tag=NCNN_FP16):
    stream = b""
    for value in state.values():
        if value.ndim > 1:
            piece = value.astype("<f2" if tag == NCNN_FP16 else "<f4").tobytes()
            stream += tag + piece + bytes(-len(piece) % 4)
        else:
            stream += value.astype("<f4").tobytes()
    return stream


def _assert_equal(read, state):
    assert list(read) == list(state)
    for key, value in state.items():
        assert read[key].dtype == np.float32
        np.testing.assert_array_equal(read[key], value, err_msg=key)


@pytest.mark.parametrize("tag", [NCNN_FP16, NCNN_FP32])
def test_an_ncnn_stream_comes_back_number_for_number(tmp_path, tag):
    path = tmp_path / "made.bin"
    path.write_bytes(_ncnn(_state(), tag))
    _assert_equal(read_state_dict(path, SHAPES), _state())


@pytest.mark.parametrize("left_over", [b"\0", b"\0\0\0\0", b"more than this network has"])
def test_bytes_that_no_layer_claims_are_an_error(tmp_path, left_over):
    path = tmp_path / "made.bin"
    path.write_bytes(_ncnn(_state()) + left_over)
    with pytest.raises(ModelUnavailable, match=f"{len(left_over)} bytes left over"):
        read_state_dict(path, SHAPES)


@pytest.mark.parametrize("kept", [5, 100, 170, -1])
def test_a_truncated_ncnn_stream_is_an_error(tmp_path, kept):
    path = tmp_path / "made.bin"
    path.write_bytes(_ncnn(_state())[:kept])
    with pytest.raises(ModelUnavailable, match="end too early"):
        read_state_dict(path, SHAPES)


def test_an_unknown_ncnn_tag_is_an_error(tmp_path):
    path = tmp_path / "made.bin"
    stream = _ncnn(_state())
    second = stream.index(NCNN_FP16, 4)
    path.write_bytes(stream[:second] + struct.pack("<I", 0x000D4B38) + stream[second + 4 :])
    with pytest.raises(ModelUnavailable, match="0x000D4B38"):
        read_state_dict(path, SHAPES)


def test_safetensors_in_half_precision_become_float32(tmp_path):
    path = tmp_path / "made.safetensors"
    save_file({f"module.{key}": value.astype(np.float16) for key, value in _state().items()}, path)
    read = read_state_dict(path, SHAPES)
    _assert_equal({key: read[key] for key in SHAPES}, _state())


def test_damaged_safetensors_are_an_error(tmp_path):
    path = tmp_path / "made.safetensors"
    save_file(_state(), path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ModelUnavailable, match="safetensors"):
        read_state_dict(path, SHAPES)


def test_missing_unexpected_and_misshapen_keys_are_listed(tmp_path):
    state = _state()
    del state["body.1.weight"]
    state["head.weight"] = np.zeros(3, np.float32)
    state["body.2.bias"] = np.zeros(7, np.float32)
    path = tmp_path / "made.safetensors"
    save_file(state, path)
    with pytest.raises(ModelUnavailable) as raised:
        read_state_dict(path, SHAPES)
    for words in ("missing: body.1.weight", "unexpected: head.weight", "of another shape: body.2.bias"):
        assert words in raised.value.detail


def test_a_long_list_of_keys_is_cut_short(tmp_path):
    path = tmp_path / "made.safetensors"
    save_file({f"key{n}": np.zeros(1, np.float32) for n in range(30)}, path)
    with pytest.raises(ModelUnavailable, match="and 22 more"):
        read_state_dict(path, SHAPES)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda good, bad: good,
        lambda good, bad: {"params": good},
        lambda good, bad: {"params": bad, "params_ema": good},
        lambda good, bad: {"params": {f"module.{key}": value for key, value in good.items()}},
    ],
)
def test_torch_checkpoints_are_unwrapped_and_the_averaged_weights_preferred(tmp_path, wrap):
    torch = pytest.importorskip("torch", reason='reading .pth needs the extra "torch"')
    good = {key: torch.from_numpy(value).half() for key, value in _state().items()}
    bad = {key: value * 0 for key, value in good.items()}
    torch.save(wrap(good, bad), tmp_path / "made.pth")
    _assert_equal(read_state_dict(tmp_path / "made.pth", SHAPES), _state())


class _Intruder:
    def __reduce__(self):
        return os.mkdir, ("intruder",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_wants_to_execute_is_refused(tmp_path, monkeypatch, zipped):
    torch = pytest.importorskip("torch", reason='reading .pth needs the extra "torch"')
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    if zipped:
        torch.save({"params": _Intruder()}, path)
    else:
        path.write_bytes(pickle.dumps({"params": _Intruder()}))
    with pytest.raises(ModelUnavailable, match="not a safe"):
        read_state_dict(path, SHAPES)
    assert not (tmp_path / "intruder").exists()


@pytest.mark.parametrize("content", [b"", b"abc", b"<html>not found</html>" * 9])
def test_what_is_no_weights_file_at_all_is_an_error(tmp_path, content):
    pytest.importorskip("torch", reason='reading .pth needs the extra "torch"')
    (tmp_path / "made.pth").write_bytes(content)
    with pytest.raises(ModelUnavailable):
        read_state_dict(tmp_path / "made.pth", SHAPES)


def test_a_checkpoint_without_a_state_dict_is_an_error(tmp_path):
    torch = pytest.importorskip("torch", reason='reading .pth needs the extra "torch"')
    torch.save([1, 2], tmp_path / "made.pth")
    with pytest.raises(ModelUnavailable, match="no state dict"):
        read_state_dict(tmp_path / "made.pth", SHAPES)
