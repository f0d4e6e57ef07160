"""A batch as a caller hands it in: one upload, and lines that each look at another part of it."""

import json

import httpx

from benchmarks.service.photos import jpeg


def batch_body(client: httpx.Client, lines: int, roi_px: tuple[int, int] = (400, 300)) -> bytes:
    """So many lines as NDJSON; their photo is uploaded first."""
    photo = jpeg(800, 600)
    upload = client.post("/v1/uploads", json={"content_type": "image/jpeg", "bytes": len(photo)}).json()
    client.put(upload["url"], content=photo, headers=upload["headers"]).raise_for_status()
    return b"".join(_line(number, upload["id"], roi_px) for number in range(lines))


def hand_in(client: httpx.Client, body: bytes) -> str:
    """Where the batch is, once it is accepted."""
    answer = client.post("/v1/batches", content=body, headers={"Content-Type": "application/x-ndjson"})
    return str(answer.raise_for_status().headers["Location"])


def _line(number: int, upload_id: str, roi_px: tuple[int, int]) -> bytes:
    """Of another part than the rest, so that none finds the matte of another."""
    roi = [number % 400, number // 400, *roi_px]
    asked = {"custom_id": str(number), "input": {"upload_id": upload_id}, "roi": roi}
    return json.dumps(asked).encode() + b"\n"
