"""Ids."""

import time

import pytest

from shared.ids import derived_id, is_id, new_id


def test_an_id_says_what_it_is_and_is_unlike_any_other():
    ids = {new_id("job") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(is_id("job", one) for one in ids)


def test_ids_sort_by_time():
    before = new_id("job")
    time.sleep(0.002)
    assert before < new_id("job")


def test_the_time_is_written_as_a_ulid_has_it(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_469_918_176_385 * 1_000_000)
    assert new_id("job").startswith("job_01aryz6s41")  # the example of the ULID specification


def test_a_child_s_id_is_always_the_same():
    parent = new_id("bat")
    assert derived_id("job", parent, 7) == derived_id("job", parent, 7) < derived_id("job", parent, 8)
    with pytest.raises(ValueError, match="no room"):
        derived_id("job", parent, 1 << 20)
