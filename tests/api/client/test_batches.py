"""Uploads and batches of the client, against the API itself."""

import httpx
import pytest

from api.client.batches import Batches
from api.client.client import CutroomClient, NotAPicture, Refused
from tests.api.pictures import encoded

LINES = [{"custom_id": name, "input": {"url": f"https://example.com/{name}.png"}} for name in ("a", "b")]


@pytest.fixture
def batches(address):
    """Of an API on a real socket: a streamed body has no length, which httpx's WSGI transport does not pass on."""
    with CutroomClient("http://{}:{}".format(*address)) as client:
        yield Batches(client)


def test_an_upload_lies_in_storage(cutroom, photo, deps):
    upload = deps.uploads.find(cutroom.upload(photo))
    assert deps.objects.open(upload.key).read() == encoded()
    assert upload.content_type == "image/png"


def test_what_is_no_picture_is_not_uploaded(cutroom, tmp_path):
    with pytest.raises(NotAPicture, match=r"notes\.txt"):
        cutroom.upload(tmp_path / "notes.txt")


def test_storage_never_sees_the_key(photo):
    seen = []

    def answer(request):
        seen.append((request.url.host, request.headers.get("Authorization")))
        signed = {"id": "upl_1", "method": "PUT", "url": "https://storage.example/x", "headers": {}}
        return httpx.Response(201, json=signed) if request.url.host == "api.example" else httpx.Response(200)

    with CutroomClient("https://api.example", api_key="k", transport=httpx.MockTransport(answer)) as client:
        client.upload(photo)
    assert seen == [("api.example", "Bearer k"), ("storage.example", None)]


def test_a_batch_goes_in_and_its_lines_come_out(batches):
    batch = batches.create(iter(LINES), {"model": "imgly-small"})
    assert batches.get(batch["id"])["counts"]["total"] == 2
    assert [item["custom_id"] for item in batches.results(batch["id"])] == ["a", "b"]


def test_items_come_page_by_page(batches, monkeypatch):
    monkeypatch.setattr("api.client.batches._PAGE", 1)
    batch = batches.create(LINES)
    assert [item["custom_id"] for item in batches.items(batch["id"], status="queued")] == ["a", "b"]
    assert list(batches.items(batch["id"], status="failed")) == []


def test_a_batch_with_a_key_is_one_batch(batches):
    first, second = (batches.create(LINES, idempotency_key="night-7") for _ in range(2))
    assert first["id"] == second["id"]


def test_a_cancelled_batch_has_ended(batches):
    batch = batches.create(LINES)
    batches.cancel(batch["id"])
    changes = []
    assert batches.wait(batch["id"], on_change=changes.append)["status"] == "canceled"
    assert changes[-1]["counts"]["canceled"] == 2


def test_results_of_a_batch_that_is_not_there(batches):
    with pytest.raises(Refused, match="no batch"):
        list(batches.results("bat_x"))


def test_a_refusal_says_when_to_come_again(cutroom, photo, deps, redis_server):
    redis_server.connected = False
    with pytest.raises(Refused) as caught:
        cutroom.submit(photo)
    assert caught.value.retry_after_seconds == 2
