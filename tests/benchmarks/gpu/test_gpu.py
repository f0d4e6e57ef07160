"""The benchmark of a GPU, run on its twin."""

import pytest

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from benchmarks.gpu import __main__ as gpu  # noqa: E402  (torch)
from benchmarks.publishing import report as publishing  # noqa: E402  (torch)


@pytest.fixture
def shown(monkeypatch):
    tables = []
    monkeypatch.setattr(gpu, "show", lambda question, rows: tables.append(rows))
    return tables


def test_without_a_gpu_it_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="measures a CUDA device, and this machine has none"):
        gpu.main([])


def test_every_way_gives_the_same_matte_and_a_rate(shown, monkeypatch, tmp_path):
    monkeypatch.setattr(publishing, "RESULTS", tmp_path)
    gpu.main(["u2netp", "--device", "cpu", "--side", "32", "--batches", "1,3", "--seconds", "0.05"])
    rates, parking, finishing = shown
    assert [(row["way"], row["batch"]) for row in rates] == [
        (way, count) for way in ("float32", "eager", "recorded") for count in (1, 3)
    ]
    assert all(row["images/s"] > 0 and row["mean diff"] < 0.01 for row in rates)
    assert all(row["MP/s"] == pytest.approx(row["images/s"] * 32 * 32 / 1e6) for row in rates)
    assert rates[0]["max diff"] < 1e-5 < rates[2]["max diff"]
    assert [row["way"] for row in parking] == ["eager", "recorded"]
    assert [row["part"] for row in finishing] == ["refine", "foreground"]
    assert all(row["CPU s"] > 0 and row["GPU s"] > 0 and row["mean levels apart"] < 1 for row in finishing)
    assert list(tmp_path.iterdir()) == []  # a twin's figures are nobody's


def test_an_enlarging_network_is_measured_by_what_comes_out(shown):
    gpu.main(
        [
            "realesr-animevideov3",
            "--device",
            "cpu",
            "--side",
            "16",
            "--batches",
            "1",
            "--seconds",
            "0.05",
            "--ways",
            "float32",
        ]
    )
    row = shown[0][0]
    assert row["MP/s"] == pytest.approx(row["images/s"] * (4 * 16) ** 2 / 1e6)
