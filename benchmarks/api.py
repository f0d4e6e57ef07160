"""The API against bare Flask routes that do the least: real gunicorn, real Redis, turn by turn in one run.

python -m benchmarks.api [--rounds 6] [--seconds 3] [--lines 10000]

Without rounds, or lines, the half that needs them is left out.

Posting is held against a route that saves the same form's picture, polling against one that reads one small Redis
hash, all served with the API's own gunicorn settings; interactive jobs while a batch runs against the same jobs
while nothing else does, with a network that sleeps.
"""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import httpx

from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import Row, report
from benchmarks.service.beside_a_batch import beside_a_batch
from benchmarks.service.installation import Installation, installation
from benchmarks.service.load import Load, Reading
from benchmarks.service.photos import jpeg
from shared.tenants.issuing import KeyWish, issue
from shared.tenants.redis_store import RedisTenantStore
from shared.tenants.store import TenantLimits

PHOTO_SIZE = (1300, 1700)
"""Width and height in px: some 300 kB as a JPEG."""
CONNECTIONS = 8
_ENDLESS = 10**9
_BOUNDARY = "c0ffeec0ffeec0ffee"


@dataclass(frozen=True, slots=True)
class Rival:
    """A server and what to ask of it."""

    name: str
    port: int
    request: bytes
    status: int


def main() -> None:
    options = _options()
    if options.rounds:
        routes(options.rounds, options.seconds)
    if options.lines:
        with installation() as here:
            fairness = beside_a_batch(here, options.lines)
        report("api_beside_a_batch", f"Interactive jobs beside a batch of {options.lines} lines", fairness)


def routes(rounds: int, seconds: float) -> None:
    """Measure and report posting and polling."""
    with installation() as here:
        ours, bare = here.gunicorn("api.wsgi:app"), here.gunicorn("benchmarks.rivals.bare_flask:app")
        keyed, key = here.gunicorn("api.wsgi:app", CUTROOM_AUTH="keys"), _key(here)
        load = Load(CONNECTIONS, seconds)
        posts, polls = _posts(ours, keyed, bare, key), _polls(here, ours, keyed, bare, key)
        rows = against(here, posts, load, rounds)
        rows += against(here, polls, load, rounds)
    report("api", f"{CONNECTIONS} connections; share: of the bare route's rate, round by round", rows)


def against(here: Installation, rivals: Sequence[Rival], load: Load, rounds: int) -> list[Row]:
    """Each rival in every round, so that whatever else the machine does hits all; the first round warms them up."""
    readings: Mapping[str, list[Reading]] = {rival.name: [] for rival in rivals}
    for _ in range(rounds + 1):
        for rival in rivals:
            cpu_seconds = here.cpu_seconds()
            reading = load.run(rival.port, rival.request, rival.status)
            cpu_ms = (here.cpu_seconds() - cpu_seconds) * 1000 / len(reading.latencies_ms)
            readings[rival.name].append(replace(reading, cpu_ms=cpu_ms))
            empty(here)
    first = readings[rivals[0].name][1:]
    return [_row(rival.name, readings[rival.name][1:], first) for rival in rivals]


def _row(name: str, readings: Sequence[Reading], first: Sequence[Reading]) -> Row:
    latencies = [latency for reading in readings for latency in reading.latencies_ms]
    middle = median(latencies)
    return {
        "route": name,
        "per second": median(reading.rate for reading in readings),
        "share": median(mine.rate / theirs.rate for mine, theirs in zip(readings, first, strict=True)),
        "processor ms": median(reading.cpu_ms for reading in readings),
        "median ms": middle,
        "p99 ms": percentile(latencies, 0.99),
        "p99 / median": percentile(latencies, 0.99) / middle,
    }


def _posts(ours: int, keyed: int, bare: int, key: str) -> list[Rival]:
    photo = jpeg(*PHOTO_SIZE)
    stored, durable = _form("/store", photo), _form("/store_durably", photo)
    posted, posted_with_key = _form("/v1/jobs", photo), _form("/v1/jobs", photo, f"X-API-Key: {key}\r\n")
    return [
        Rival("bare Flask, saves the file", bare, stored, 202),
        Rival("bare Flask, waits for the disk", bare, durable, 202),
        Rival("POST /v1/jobs", ours, posted, 202),
        Rival("POST /v1/jobs, keys and limits", keyed, posted_with_key, 202),
    ]


def _polls(here: Installation, ours: int, keyed: int, bare: int, key: str) -> list[Rival]:
    here.records.hset(
        "bare", mapping={"status": "queued", "stage": "segment", "progress": "0", "version": "1"}
    )
    read = _get("/hash/bare", "")
    polled, polled_with_key = _poll(ours, ""), _poll(keyed, key)
    return [
        Rival("bare Flask, reads one hash", bare, read, 200),
        Rival("GET /v1/jobs/{id}", ours, polled, 304),
        Rival("GET /v1/jobs/{id}, keys and limits", keyed, polled_with_key, 304),
    ]


def _poll(port: int, key: str) -> bytes:
    """A request for a waiting job, with the ETag of its last answer."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": key} if key else {}, timeout=60
    ) as client:
        path = client.post("/v1/jobs", files={"image": jpeg(80, 60)}).raise_for_status().headers["Location"]
        tag = client.get(path).raise_for_status().headers["ETag"]
    return _get(path, f"If-None-Match: {tag}\r\n" + (f"X-API-Key: {key}\r\n" if key else ""))


def _get(path: str, headers: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: here\r\n{headers}\r\n".encode()


def _form(path: str, photo: bytes, headers: str = "") -> bytes:
    part = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body = part + photo + f"\r\n--{_BOUNDARY}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: here\r\n{headers}"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _key(here: Installation) -> str:
    """A tenant's key, whose limits are counted and never reached."""
    store = RedisTenantStore(here.records)
    store.limit("bench", TenantLimits(_ENDLESS, _ENDLESS))
    return issue(store, KeyWish("bench", "bench", False, None)).text


def empty(here: Installation) -> None:
    """Take away what a round has stored: the disk of the next is as empty."""
    for folder in (here.folder / "objects" / "t", here.folder / "bare"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--lines", type=int, default=10_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
