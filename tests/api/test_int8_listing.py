"""`NAME-int8` in the list of models: only where some worker has made it."""

from shared.fleet.port import WorkerFacts
from shared.queue.names import QUEUES


def listed(client):
    return {model["name"]: model for model in client.get("/v1/models").json["data"]}


def test_no_variant_is_listed_that_nobody_has_made(client):
    assert [name for name in listed(client) if name.endswith("-int8")] == []


def test_a_variant_is_listed_once_a_worker_has_it(client, deps):
    facts = WorkerFacts("two", QUEUES, weights_present=("imgly-medium", "imgly-medium-int8"))
    deps.fleet.announce(facts)
    variants = {name: model for name, model in listed(client).items() if name.endswith("-int8")}
    assert list(variants) == ["imgly-medium-int8"]
    assert variants["imgly-medium-int8"]["weights_present"] is True
    assert variants["imgly-medium-int8"]["license"] == "MIT"
    assert variants["imgly-medium-int8"]["default_for"] == []
