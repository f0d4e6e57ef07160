"""Endpoints: kept apart by tenant, their secrets to themselves."""

import pytest

from shared.errors import NotFound
from shared.events.endpoints import Endpoint, EndpointChange
from shared.spec.webhook import EventType


def test_what_was_recorded_is_found(endpoints, listen):
    listen("whk_1", "local", EventType.JOB_FAILED, EventType.BATCH_COMPLETED)
    found = endpoints.get("whk_1")
    assert found.events == (EventType.JOB_FAILED, EventType.BATCH_COMPLETED)
    assert (found.url, found.is_enabled, found.disabled_reason) == ("https://example.com/whk_1", True, "")
    assert not hasattr(found, "secret")


def test_a_tenant_has_its_own(endpoints, listen):
    for name in ("whk_1", "whk_2"):
        listen(name)
    listen("whk_3", "somebody")
    assert [one.id for one in endpoints.of_tenant("local")] == ["whk_1", "whk_2"]


def test_there_is_a_limit(endpoints):
    def create(name):
        return endpoints.create(Endpoint(name, "local", "https://example.com", (), "", True, 0), "s", 2)

    assert [create(f"whk_{number}") for number in range(3)] == [True, True, False]


@pytest.mark.usefixtures("doubled")
def test_the_last_within_the_limit_is_not_refused_because_its_answer_was_lost(endpoints):
    assert endpoints.create(Endpoint("whk_1", "local", "https://example.com", (), "", True, 0), "s", 1)


def test_a_change_leaves_the_rest(endpoints, listen):
    listen()
    endpoints.change("whk_1", EndpointChange(description="mine"))
    endpoints.change("whk_1", EndpointChange(url="https://example.org/x"))
    found = endpoints.get("whk_1")
    assert (found.description, found.url, found.is_enabled) == ("mine", "https://example.org/x", True)


def test_a_deleted_one_is_not_found_and_no_change_brings_it_back(endpoints, listen):
    listen()
    endpoints.delete("whk_1")
    endpoints.change("whk_1", EndpointChange(description="ghost"))
    endpoints.rotate("whk_1", "whsec_x", 60)
    with pytest.raises(NotFound):
        endpoints.get("whk_1")


@pytest.mark.usefixtures("doubled")
def test_a_rotation_whose_answer_was_lost_keeps_the_old_secret(endpoints, listen, redis):
    endpoints.rotate(listen("whk_1"), "whsec_new", 60)
    assert redis.hmget("webhook:whk_1", "secret", "old_secret") == ["whsec_new", "whsec_whk_1"]


def test_a_tenant_s_own_secret_stays(endpoints):
    assert endpoints.own_secret("local", "whsec_a") == endpoints.own_secret("local", "whsec_b") == "whsec_a"
