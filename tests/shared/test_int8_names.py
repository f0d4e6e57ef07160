"""`NAME-int8`: a row for every network, a name that a job may use, under the same licence."""

import pytest
from pydantic import ValidationError

from shared.catalog import CARDS, INT8, UPSCALERS
from shared.licensing import offered, refused
from shared.settings import Settings
from shared.spec.job import JobSpec

COMMERCIAL = Settings(commercial_only=True)


def test_every_network_has_a_variant_and_no_variant_has_one():
    assert set(INT8) == {f"{name}-int8" for name in CARDS}
    assert not set(INT8) & {*CARDS, *UPSCALERS}
    assert {card.quantized_from for card in INT8.values()} == set(CARDS)


def test_a_variant_is_read_and_licensed_as_its_network():
    for card in INT8.values():
        exact = CARDS[card.quantized_from]
        assert (card.family, card.license, card.input_size) == (exact.family, exact.license, exact.input_size)


def test_a_job_may_name_a_variant_or_compare_it_with_its_network():
    assert JobSpec(model="u2net-int8").model == "u2net-int8"
    assert JobSpec(models=("u2net", "u2net-int8")).models == ("u2net", "u2net-int8")


@pytest.mark.parametrize(
    "name", ["no-such-int8", "u2net-int8-int8", "u2net-int4", "-int8", "auto-int8", "realesrgan-x4plus-int8"]
)
def test_a_variant_of_nothing_is_refused(name):
    with pytest.raises(ValidationError, match="unknown model"):
        JobSpec(model=name)
    with pytest.raises(ValidationError, match="unknown model"):
        JobSpec(models=("u2net", name))


def test_a_variant_of_what_is_not_offered_is_not_offered():
    assert [field for field, _ in refused(JobSpec(model="rmbg-1.4-int8"), COMMERCIAL)] == ["/model"]
    both = JobSpec(models=("u2net-int8", "rmbg-2.0-int8"))
    assert [field for field, _ in refused(both, COMMERCIAL)] == ["/models/1"]
    assert "rmbg-1.4-int8" not in offered(INT8, COMMERCIAL) and "u2net-int8" in offered(INT8, COMMERCIAL)
