"""An API that is killed half-way leaves nothing that the keeper does not find."""

import io
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from shared.storage.keys import ROOT
from shared.storage.redis_owners import RedisOwners
from tests.api.pictures import encoded
from worker.keeper.orphans import orphans_among


class Killed(BaseException):
    """Nothing that comes after it is done."""


@pytest.fixture
def orphans(objects, redis):
    """What the keeper would delete now if all of it were old enough."""
    later = datetime.now(UTC) + timedelta(days=1)
    return lambda: orphans_among(objects.under(ROOT), RedisOwners(redis), later)


def post(client, **headers):
    return client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "a.png")}, headers=headers)


def test_between_picture_and_record(client, deps, orphans, stored_keys):
    with (
        patch.object(deps.jobs, "create", side_effect=Killed),
        patch("api.intake.admission._take_out"),  # whoever is killed cleans up nothing
        pytest.raises(Killed),
    ):
        post(client)
    assert stored_keys() == orphans() != []


def test_a_repetition_takes_the_picture_over(client, deps, redis, orphans, stored_keys):
    with (
        patch.object(deps.jobs, "create", side_effect=Killed),
        patch("api.intake.admission._take_out"),
        patch(
            "api.callers.idempotency._made",
            side_effect=lambda deps, taken, make: make(taken.attempt.resource_id),
        ),
        pytest.raises(Killed),
    ):
        post(client, **{"Idempotency-Key": "k"})
    [key] = orphans()
    [taken] = redis.keys("once:*")
    redis.hdel(taken, "locked_until")
    job_id = post(client, **{"Idempotency-Key": "k"}).json["id"]
    assert key.split("/")[2] == job_id
    assert (stored_keys(), orphans()) == ([key], [])


def test_between_record_and_answer(client, deps, orphans, stored_keys):
    with patch.object(deps.queue, "ring", side_effect=Killed), pytest.raises(Killed):
        post(client)
    assert (len(stored_keys()), orphans()) == (1, [])
    assert deps.jobs.due(10) == []  # not yet: the keeper rings it when nobody has claimed it for a while
    assert deps.archive.waiting() == 1


def test_an_upload_is_known_before_its_bytes_are_there(client, objects, deps, orphans):
    upload = client.post("/v1/uploads", json={"content_type": "image/png", "bytes": 5}).json
    objects.put(deps.uploads.find(upload["id"]).key, io.BytesIO(b"12345"), content_type="image/png")
    assert orphans() == []
