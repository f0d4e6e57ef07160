"""The smallest fleet that does."""

import pytest

from benchmarks.capacity import __main__ as command
from benchmarks.capacity.planning import Costs, Prices, needed_workers, price_per_thousand
from benchmarks.capacity.simulation import Fleet, Load
from benchmarks.capacity.stages import StageSeconds
from benchmarks.publishing.percentile import percentile

SECOND = Costs((StageSeconds(before=0, inference=1, after=0, render=0),), (1.0,))


def test_as_few_workers_as_do():
    load, fleet = Load(2.0), Fleet(1, threads=1)
    found, seen = needed_workers(load, fleet, SECOND, p95_seconds=3)
    assert 3 <= found.workers <= 4
    assert percentile(seen.interactive, 0.95) <= 3
    assert needed_workers(load, fleet, SECOND, p95_seconds=1.05)[0].workers > found.workers


def test_bulk_alone_needs_what_it_takes():
    found, seen = needed_workers(
        Load(2.0, bulk_share=1.0, batch_lines=50), Fleet(1, threads=1), SECOND, p95_seconds=3
    )
    assert found.workers <= 4
    assert seen.interactive == []


def test_a_fleet_carries_what_comes_in_on_average_even_if_few_batches_came():
    # 20 a second at 0.06 s are 1.2 devices; ten batches at random may well be a fifth fewer.
    quick = Costs((StageSeconds(before=0, inference=0.06, after=0, render=0),), (1.0,))
    load = Load(20, bulk_share=0.5, batch_lines=100, window=200)
    assert needed_workers(load, Fleet(1), quick, p95_seconds=3)[0].workers >= 2


def test_a_thread_that_renders_leaves_its_device_idle():
    half = Costs((StageSeconds(before=0, inference=0.5, after=0, render=0.5),), (1.0,))
    load = Load(2.5, bulk_share=1.0, batch_lines=50)
    workers = [needed_workers(load, Fleet(1, threads=n), half, p95_seconds=3)[0].workers for n in (1, 4)]
    assert workers == [3, 2]


def test_no_number_of_workers_is_quicker_than_one_photo():
    with pytest.raises(ValueError, match="a photo takes 1"):
        needed_workers(Load(1.0), Fleet(1), SECOND, p95_seconds=0.9)


def test_idle_time_is_paid_for():
    # Two workers at 3,600 an hour each: 2 a second, for half an image a second.
    assert price_per_thousand(Fleet(2), Prices(3600), 0.5) == pytest.approx(4000)


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit) as ended:
        command.options().parse_args(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(
        word in said for word in ("Put in your own first", "--inference-seconds", "--price", "Examples")
    )


def test_your_constants_replace_the_measured_ones():
    given = command.options().parse_args(
        ["--inference-seconds", "0.05", "--cpu-factor", "2", "--photos", "800x600=1,3000x4000=3"]
    )
    costs = command.costs_of(given)
    usual = command.costs_of(command.options().parse_args(["--photos", "800x600=1,3000x4000=3"]))
    assert costs.mean("inference") == pytest.approx(0.05)
    assert costs.mean("render") == pytest.approx(2 * usual.mean("render"))


def test_a_size_that_was_not_measured_is_refused_by_name():
    given = command.options().parse_args(["--photos", "1x1=1"])
    with pytest.raises(SystemExit, match="1x1"):
        command.costs_of(given)
