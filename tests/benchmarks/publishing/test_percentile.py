"""Percentiles are values that were seen."""

import math

from benchmarks.publishing.percentile import percentile


def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed():
    values = [float(number) for number in range(100, 0, -1)]
    found = [percentile(values, share) for share in (0, 0.5, 0.99, 1)]
    assert found == [1.0, 50.0, 99.0, 100.0]
    assert percentile([3.0], 0.99) == 3.0


def test_where_nothing_was_seen_nothing_bounds_it():
    assert percentile([], 0.95) == math.inf
