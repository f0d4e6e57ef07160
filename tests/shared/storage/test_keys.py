import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.storage import keys

HASH = "0123456789abcdef"
ODD_PARTS = ["", ".", "..", "a/b", "a.b", "/a", "a\\b", "a b", "a\n", "-a", "é", "a\x00", "x" * 101]


def test_the_layout():
    assert keys.job_prefix("local", "job_1") == "t/local/job_1/"
    assert keys.input_key("local", "job_1") == "t/local/job_1/input"
    assert keys.stage_key("local", "job_1", "matte", HASH, "png") == f"t/local/job_1/matte-{HASH}.png"
    assert keys.output_key("local", "job_1", "image", HASH, "webp") == f"t/local/job_1/image-{HASH}.webp"


@pytest.mark.parametrize("odd", ODD_PARTS)
def test_an_odd_part_is_refused_wherever_it_stands(odd):
    calls = [
        lambda: keys.job_prefix(odd, "job_1"),
        lambda: keys.job_prefix("local", odd),
        lambda: keys.stage_key("local", "job_1", odd, HASH, "png"),
        lambda: keys.output_key("local", "job_1", odd, HASH, "png"),
        lambda: keys.output_key("local", "job_1", "image", odd, "png"),
        lambda: keys.output_key("local", "job_1", "image", HASH, odd),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"object key|hash and an extension"):
            call()


@given(st.text(), st.text())
def test_a_key_that_is_made_stays_in_its_job(tenant, job):
    try:
        key = keys.input_key(tenant, job)
    except ValueError:
        return
    assert keys.check_key(key).split("/") == ["t", tenant, job, "input"]


@given(st.text(alphabet="ab./\\\n\x00%~- ", max_size=12))
def test_a_checked_key_has_no_way_up(key):
    try:
        keys.check_key(key)
    except ValueError:
        return
    assert not {"", ".", ".."} & set(key.split("/"))
    assert not set(key) & set("\\\n\x00%~ ")


def test_parameters_hash_by_value_and_not_by_order():
    first = keys.hash_params({"a": 1, "b": {"x": [1, 2], "y": None}})
    assert first == keys.hash_params({"b": {"y": None, "x": [1, 2]}, "a": 1})
    assert first != keys.hash_params({"a": 1, "b": {"x": [2, 1], "y": None}})
    assert keys.stage_key("local", "job_1", "matte", first, "png")


def test_the_hash_of_parameters_does_not_change_between_releases():
    assert keys.hash_params({"model": "isnet", "side_px": 1024}) == "c4597a4c8c407e47"


@pytest.mark.parametrize("params", [{"a": float("nan")}, {"a": object()}, {1: "a"}])
def test_what_json_cannot_say_is_refused(params):
    with pytest.raises((TypeError, ValueError)):
        keys.hash_params(params)


@pytest.mark.parametrize("key", [keys.input_key("acme", "job_1"), keys.batch_lines_key("acme", "bat_1", 3)])
def test_a_key_says_whose_it_is(key):
    assert keys.owner_of(key) == ("acme", key.split("/")[2])


@pytest.mark.parametrize("key", ["t/acme/job_1", "u/acme/job_1/input", "t/acme/job_1/a/b", "input"])
def test_a_key_that_is_laid_out_otherwise_is_nobody_s(key):
    assert keys.owner_of(key) is None
