"""Batches: what a program with many pictures needs beside `client.py`, on httpx alone.

with CutroomClient("http://127.0.0.1:8000", api_key="…") as cutroom:
    batches = Batches(cutroom)
    lines = [{"custom_id": "cat", "input": {"url": "https://example.com/cat.jpg"}}]
    batch = batches.wait(batches.create(lines, {"model": "auto"})["id"])
    for item in batches.results(batch["id"]):
        print(item["custom_id"], item["status"])
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from api.client.client import CutroomClient, Json

_NDJSON = {"Content-Type": "application/x-ndjson"}
_PAGE = 100


class Batches:
    """The batches of whoever `client` is. Methods raise Refused or Unreachable."""

    def __init__(self, client: CutroomClient) -> None:
        self._client = client

    def create(
        self,
        lines: Iterable[Mapping[str, Any]],
        defaults: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str = "",
    ) -> Json:
        """Hand in lines, streamed as they come; `defaults` hold for each that says nothing else.

        With a key of your own it may be sent again after a broken connection, and is still one batch.
        """
        headers = {**_NDJSON, "Idempotency-Key": idempotency_key} if idempotency_key else _NDJSON
        return self._post(lines, _params(defaults), headers)

    def dry_run(self, lines: Iterable[Mapping[str, Any]], defaults: Mapping[str, Any] | None = None) -> Json:
        """What would be wrong with these lines; makes nothing. Raises Refused where the defaults are wrong."""
        return self._post(lines, {"dry_run": "true", **_params(defaults)}, _NDJSON)

    def _post(
        self, lines: Iterable[Mapping[str, Any]], params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Json:
        body = (f"{json.dumps(line)}\n".encode() for line in lines)
        return _json(self._client.send("POST", "/v1/batches", params=params, headers=headers, content=body))

    def get(self, batch_id: str) -> Json:
        """The batch now."""
        return _json(self._client.send("GET", f"/v1/batches/{batch_id}"))

    def wait(self, batch_id: str, *, on_change: Callable[[Json], None] | None = None) -> Json:
        """Poll until every line has ended."""
        return self._client.follow(f"/v1/batches/{batch_id}", on_change=on_change)

    def results(self, batch_id: str) -> Iterator[Json]:
        """All lines in the order in which they were handed in, as one stream."""
        with self._client.streamed(f"/v1/batches/{batch_id}/results") as lines:
            yield from (json.loads(line) for line in lines)

    def items(self, batch_id: str, *, status: str = "") -> Iterator[Json]:
        """Lines in their order, page by page, so that the URLs of their outputs are fresh when you get there."""
        cursor: str | None = ""
        while cursor is not None:
            params = {"limit": str(_PAGE), "status": status, "cursor": cursor}
            given = {name: value for name, value in params.items() if value}
            page = _json(self._client.send("GET", f"/v1/batches/{batch_id}/items", params=given))
            yield from page["data"]
            cursor = page["next_cursor"]

    def cancel(self, batch_id: str) -> Json:
        """Cancel what has not begun; what is done stays."""
        return _json(self._client.send("POST", f"/v1/batches/{batch_id}/cancel"))

    def retry_failed(self, batch_id: str) -> Json:
        """Do the failed lines once more."""
        return _json(self._client.send("POST", f"/v1/batches/{batch_id}/retry_failed"))


def _params(defaults: Mapping[str, Any] | None) -> dict[str, str]:
    return {"defaults": json.dumps(defaults)} if defaults else {}


def _json(response: Any) -> Json:
    return cast(Json, response.json())
