"""Weights come from the first place that has the right bytes: mirror, hub, release page; pinned where nobody says."""

import hashlib
import io
from dataclasses import replace
from threading import Thread

import pytest

from shared.catalog import CARDS, WeightSource
from shared.errors import ModelUnavailable
from shared.settings import Settings
from shared.storage.memory import MemoryObjectStore
from worker.io.mirror import StoreMirror, WebMirror, open_mirror
from worker.io.sources import source
from worker.io.weights import Weights

BYTES = b"weights" * 100_000
SHA256 = hashlib.sha256(BYTES).hexdigest()
DEAD = "http://127.0.0.1:9/weights.pth"  # the port of `discard`: nobody listens


def card(*sources):
    return replace(CARDS["u2netp"], name="made-up", sources=sources)


def on_web(url, sha256=SHA256, published=""):
    return WeightSource("https", url, sha256, "pth", published=published)


@pytest.fixture
def weights(tmp_path, web):
    return Weights(tmp_path / "cache", None, hub_url=web.url)


def test_the_hub_gives_a_file_at_its_revision_and_tells_how_far_it_is(web, weights):
    pytest.importorskip("huggingface_hub", reason='needs the extra "torch"')
    row = WeightSource("hf", web.hub("org/net", "model.safetensors", BYTES), SHA256, "safetensors",
                          member="model.safetensors")  # fmt: skip
    told = []

    file = weights.get(card(row), lambda done, total: told.append((done, total)))

    assert file.path.read_bytes() == BYTES
    assert told[-1] == (len(BYTES), len(BYTES))


def test_a_file_that_the_hub_does_not_have_is_said_to_be_missing(web, weights):
    pytest.importorskip("huggingface_hub", reason='needs the extra "torch"')
    row = WeightSource("hf", web.hub("org/net", "a", b""), SHA256, "pth", member="b")
    with pytest.raises(ModelUnavailable, match=r"hf org/net@0123.*EntryNotFound"):
        weights.get(card(row))


def test_no_source_reachable_lists_each_with_its_answer(web, weights):
    with pytest.raises(ModelUnavailable) as raised:
        weights.get(card(on_web(DEAD), on_web(f"{web.url}/nothing")))

    assert f"https {DEAD}: ConnectError" in raised.value.detail
    assert "HTTP 404 from 127.0.0.1" in raised.value.detail
    assert raised.value.code == "model_unavailable"


@pytest.mark.parametrize("bad", [BYTES[:-100], BYTES[:-1] + b"!", b""])
def test_a_truncated_or_tampered_file_is_removed_and_the_next_source_tried(web, weights, bad, tmp_path):
    bad, good = web.release("bad.pth", bad), web.release("good.pth", BYTES)

    assert weights.get(card(on_web(bad), on_web(good))).path.read_bytes() == BYTES
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {".lock", ".pth"}


def test_a_download_that_breaks_off_is_no_file(web, weights, monkeypatch):
    url = web.release("short.pth", BYTES)
    data = web.files["/releases/short.pth"]

    class Short(bytes):
        def __len__(self):
            return len(data) + 1000

    web.files["/releases/short.pth"] = Short(data)
    monkeypatch.setattr(source, "_TIMEOUT_SECONDS", 0.5)
    with pytest.raises(ModelUnavailable, match="ReadTimeout"):
        weights.get(card(on_web(url)))
    assert weights.present(card(on_web(url))) is None


def test_a_file_without_a_published_hash_is_pinned_when_it_first_comes(web, weights):
    row = card(on_web(web.release("unpinned.pth", BYTES), sha256=""))
    assert weights.present(row) is None

    file = weights.get(row)

    assert file.sha256 == SHA256
    assert weights.present(row) == file
    assert file.path.with_name(f"{file.path.name}.sha256").read_text() == SHA256
    assert weights.verify(row)


def test_a_pinned_file_that_changed_is_removed_and_only_the_same_one_taken_again(web, weights):
    row = card(on_web(web.release("changing.pth", BYTES), sha256=""))
    file = weights.get(row)
    file.path.write_bytes(b"evil")
    assert weights.get(row).path.read_bytes() == BYTES

    file.path.write_bytes(b"evil")
    web.release("changing.pth", b"another training")
    with pytest.raises(ModelUnavailable, match=r"the file has SHA-256 .*, but made-up.*\.sha256 holds"):
        weights.get(row)
    assert not file.path.exists()


def test_a_branch_of_the_hub_is_pinned_to_what_it_first_held(web, weights, tmp_path):
    pytest.importorskip("huggingface_hub", reason='needs the extra "torch"')

    def published(data):
        location = web.hub("org/moving", "model.pth", data, revision="main")
        return card(WeightSource("hf", location, "", "pth", member="model.pth"))

    file = weights.get(published(BYTES))
    assert file.sha256 == SHA256
    file.path.unlink()

    with pytest.raises(ModelUnavailable, match=r"org/moving@main: the file has SHA-256 .*\.sha256 holds"):
        weights.get(published(b"another training"))
    assert weights.get(published(BYTES)) == file


@pytest.mark.parametrize("algorithm", ["md5", "sha512"])
def test_what_is_published_instead_is_checked_before_pinning(web, weights, algorithm):
    url = web.release("other.pth", BYTES)
    right = f"{algorithm}:{hashlib.new(algorithm, BYTES).hexdigest()}"

    with pytest.raises(ModelUnavailable, match=f"{algorithm.upper()} .*expected 0000"):
        weights.get(card(on_web(url, "", f"{algorithm}:0000")))
    assert weights.get(card(on_web(url, "", right))).sha256 == SHA256


def test_the_beginning_of_a_hash_is_enough_where_no_more_is_published(web, weights):
    url = web.release("begun.pth", BYTES)
    assert weights.get(card(on_web(url, "", f"sha256:{SHA256[:8]}"))).sha256 == SHA256


def test_the_mirror_is_tried_first_and_holds_copies_of_the_cache(web, tmp_path):
    row = card(on_web(web.release("original.pth", BYTES)))
    name = Weights(tmp_path / "first", None).get(row).path.name
    prefix = web.mirror(name, BYTES)
    web.asked.clear()

    Weights(tmp_path / "second", None, mirror=WebMirror(prefix)).get(row)

    assert web.asked == [f"/mirror/{name}"]


def test_a_mirror_without_the_file_or_with_a_wrong_one_is_passed_over(web, tmp_path):
    row = card(on_web(web.release("original.pth", BYTES)))
    for given in (None, b"wrong"):
        if given:
            web.mirror(f"made-up-{SHA256[:12]}.pth", given)
        cache = tmp_path / f"cache{given}"
        mirror = WebMirror(f"{web.url}/mirror" if given else f"{web.url}/no-mirror")
        assert Weights(cache, None, mirror=mirror).get(row).path.read_bytes() == BYTES


def test_a_bucket_is_a_mirror_too(tmp_path):
    store = MemoryObjectStore()
    store.put(f"made-up-{SHA256[:12]}.pth", io.BytesIO(BYTES), content_type="application/octet-stream")
    kept = Weights(tmp_path, None, mirror=StoreMirror(store)).get(card(on_web(DEAD)))
    assert kept.path.read_bytes() == BYTES

    with pytest.raises(ModelUnavailable, match="mirror made-up-"):
        Weights(tmp_path / "b", None, mirror=StoreMirror(MemoryObjectStore())).get(card(on_web(DEAD)))


def test_the_settings_name_the_mirror(tmp_path):
    assert open_mirror(Settings()) is None
    assert isinstance(open_mirror(Settings(model_mirror="https://mirror.example/models")), WebMirror)
    assert isinstance(open_mirror(Settings(model_mirror=(tmp_path / "m").as_uri())), StoreMirror)


def test_several_processes_fetch_once(web, tmp_path):
    row = card(on_web(web.release("once.pth", BYTES)))
    web.asked.clear()
    threads = [Thread(target=Weights(tmp_path, None).get, args=(row,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert web.asked == ["/releases/once.pth"]
