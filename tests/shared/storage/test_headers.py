from hypothesis import given
from hypothesis import strategies as st

from shared.storage.headers import MAX_FILENAME_LENGTH, attachment, safe_filename


@given(st.text(max_size=300))
def test_any_string_makes_one_harmless_header(filename):
    header = attachment(filename)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert not set(header) & set("/\\")


@given(st.text(max_size=300))
def test_a_safe_name_is_short_and_stays_as_it_is(filename):
    safe = safe_filename(filename)
    assert 0 < len(safe) <= MAX_FILENAME_LENGTH
    assert safe_filename(safe) == safe


def test_ordinary_names_are_kept():
    assert safe_filename("Zoë's cat (2).png") == "Zoë's cat (2).png"
