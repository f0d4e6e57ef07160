"""Which mattes are the same, and how one becomes another job's."""

import io
import time

import pytest

from shared.jobs.results import InputFacts, ModelUsed, Quality, Segmented
from shared.mattes.index import options_of
from shared.mattes.redis_index import RedisMatteIndex
from shared.mattes.reuse import MatteWish, remember, reused
from shared.spec.job import JobSpec
from shared.storage.memory import MemoryObjectStore

PHOTO = InputFacts(key="k", width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
MADE = Segmented(
    matte_key="t/acme/job_1/matte-0123456789abcdef.png",
    model=ModelUsed(name="imgly-medium", weights_sha256="a", license="MIT", commercial_use=True),
    quality=Quality(coverage=0.3, confidence=0.9),
)


@pytest.fixture
def index(redis):
    return RedisMatteIndex(redis)


@pytest.fixture
def objects():
    objects = MemoryObjectStore()
    objects.put(MADE.matte_key, io.BytesIO(b"matte"), content_type="image/png")
    return objects


def wish(job_id="job_2", tenant="acme", picture=PHOTO, **spec):
    return MatteWish(tenant, job_id, JobSpec.model_validate(spec), picture)


@pytest.fixture(autouse=True)
def known(index):
    remember(wish("job_1"), MADE, index, time.time() + 60)


def test_the_same_photo_with_the_same_options(index, objects):
    asked = wish(effects=[{"type": "outline"}], priority="bulk", retention=60, metadata={"a": "b"})
    found = reused(asked, index, objects)
    assert (found.reused_matte_of, found.quality, found.model) == ("job_1", MADE.quality, MADE.model)
    objects.delete(MADE.matte_key)
    assert objects.open(found.matte_key).read() == b"matte"
    assert found.matte_key.startswith("t/acme/job_2/")


def test_the_model_that_auto_came_to_mean_is_the_same(index, objects):
    assert reused(wish(model="imgly-medium"), index, objects)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "imgly-small"},
        {"output": {"on_empty": "original"}},
        {"tenant": "other"},
        {"picture": PHOTO.model_copy(update={"sha256": "cd"})},
    ],
    ids=str,
)
def test_anything_else_is_another_matte(index, objects, other):
    assert reused(wish(**other), index, objects) is None


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_every_field_counts_unless_it_is_known_not_to():
    later = {
        "input", "upscale", "effects", "variants", "output", "priority", "start_within", "finish_within",
        "retention", "webhook", "metadata",
    }  # fmt: skip
    asked = JobSpec()
    for name in set(JobSpec.model_fields) - later:
        assert options_of(asked.model_copy(update={name: "changed"})) != options_of(asked), name


def test_a_job_does_not_use_its_own(index, objects):
    assert reused(wish("job_1"), index, objects) is None


def test_a_matte_that_was_deleted(index, objects):
    objects.delete(MADE.matte_key)
    assert reused(wish(), index, objects) is None


def test_nothing_is_remembered_longer_than_its_job(index, objects):
    remember(wish("job_1", tenant="late"), MADE, index, time.time() - 1)
    assert reused(wish(tenant="late"), index, objects) is None


def test_without_the_index_a_new_one_is_made(index, objects, redis_server):
    redis_server.connected = False
    assert reused(wish(), index, objects) is None
    remember(wish(), MADE, index, time.time() + 60)
