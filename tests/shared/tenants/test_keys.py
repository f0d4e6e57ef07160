"""The form of keys, and who is let in."""

import pytest

from shared.errors import KeyExpired, KeyMalformed, KeyRevoked, KeyUnknown
from shared.tenants.keys import KeyRecord, check_key, digest, id_of, is_tenant, new_key

ID, KEY = new_key()
RECORD = KeyRecord(ID, "acme", "shop", digest(KEY), 0.0)


def record(**changed):
    return KeyRecord(**{name: getattr(RECORD, name) for name in RECORD.__slots__} | changed)


def test_a_key_says_what_it_is_and_carries_its_id():
    assert KEY.startswith(f"cut_live_{ID}_")
    assert (id_of(KEY), len(KEY)) == (ID, 58)


def test_no_two_are_alike():
    assert len({new_key() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        KEY[:-1],
        KEY + "0",
        KEY.swapcase(),
        KEY.replace("live", "test"),
        f" {KEY}",
        KEY[:-8] + KEY[-6:] + "00",
    ],
    ids=repr,
)
def test_a_key_mistyped_is_found_out_without_asking_anyone(wrong):
    with pytest.raises(KeyMalformed):
        id_of(wrong)


@pytest.mark.parametrize("place", range(9, 58))
def test_so_is_every_wrong_character(place):
    other = "A" if KEY[place] != "A" else "B"
    with pytest.raises(KeyMalformed):
        id_of(KEY[:place] + other + KEY[place + 1 :])


def test_the_right_key_is_let_in():
    assert check_key(KEY, RECORD, 1.0) is RECORD


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (None, KeyUnknown),
        (record(sha256=digest("another")), KeyUnknown),
        (record(revoked_at=1.0), KeyRevoked),
        (record(expires_at=9.0), KeyExpired),
        (record(sha256=digest("another"), revoked_at=1.0), KeyUnknown),
    ],
)
def test_any_other_is_not(known, refusal):
    with pytest.raises(refusal):
        check_key(KEY, known, 10.0)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("acme", True), ("a-1", True), ("-a", False), ("A", False), ("", False), ("a/b", False)],
)
def test_names_of_tenants(name, is_one):
    assert is_tenant(name) is is_one
