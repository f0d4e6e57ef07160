"""Rates are measured once on a machine, and measured again where they do not hold."""

from threading import Barrier, Thread

import pytest

from worker.inference.rates import Rates
from worker.inference.rates_file import kept_rates

CONDITIONS = {"device": "processor", "cores": "8"}
RATES = Rates({1: 2.5, 2: 3.25})


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"numbers")
    return path


@pytest.fixture
def measured(weights):
    """Rates by conditions, and how often they were measured."""

    def rates(conditions=CONDITIONS):
        return kept_rates(weights, conditions, lambda: rates.times.append(1) or RATES)

    rates.times = []
    return rates


def kept(weights):
    (path,) = weights.parent.glob("*.json")
    return path


def test_they_are_measured_once(measured, weights):
    assert [measured(), measured()] == [RATES, RATES]
    assert len(measured.times) == 1
    assert kept(weights).name == "net.f3c7807d4750.rates.json"


def test_what_a_busy_machine_did_not_settle_is_measured_again(weights):
    busy = Rates({1: 0.4}, is_settled=False)
    found = [kept_rates(weights, CONDITIONS, lambda rates=rates: rates) for rates in (busy, RATES)]
    assert found == [busy, RATES]
    assert kept_rates(weights, CONDITIONS, lambda: pytest.fail("measured again")) == RATES


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"conditions": {}}',
        '{"conditions": {"device": "processor", "cores": "8"}, "pictures_per_second": {}}',
    ],
)
def test_a_damaged_file_is_measured_again(measured, weights, content):
    measured()
    kept(weights).write_text(content)
    assert [measured(), measured()] == [RATES, RATES]
    assert len(measured.times) == 2


@pytest.mark.parametrize("rate", ["-1", "0", '"fast"', "null"])
def test_a_rate_that_is_none_is_damage(measured, weights, rate):
    measured()
    kept(weights).write_text(kept(weights).read_text().replace("3.25", rate))
    measured()
    assert len(measured.times) == 2


def test_another_machine_measures_for_itself(measured):
    measured()
    measured({**CONDITIONS, "cores": "4"})
    assert len(measured.times) == 2


def test_other_weights_of_the_same_name_are_measured_for_themselves(measured, weights):
    measured()
    weights.write_bytes(b"other numbers")
    measured()
    assert len(measured.times) == 2


def test_a_folder_that_cannot_be_written_to_costs_another_measurement(measured, weights, monkeypatch):
    def refuse(**_options):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr("worker.inference.rates_file.tempfile.TemporaryDirectory", refuse)
    assert [measured(), measured()] == [RATES, RATES]
    assert len(measured.times) == 2


def test_workers_that_start_together_measure_once(measured):
    start = Barrier(4)

    def use():
        start.wait()
        measured()

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(measured.times) == 1
