"""What a job asks of Redis: commands, and seconds of its processor; hence how many jobs a second it can carry.

python -m benchmarks.redis_load
python -m benchmarks.redis_load --jobs 2000

Real API, feeder, keeper and worker, with a network that sleeps. Redis works on one core: that core's seconds per job
set the limit, however fast the clients. `redis-benchmark`, where it is on PATH, says how fast this machine is at all,
with plain commands and with the shortest two of our scripts.
"""

import argparse
import csv
import json
import shutil
import subprocess
import time
from dataclasses import dataclass

import httpx
import redis

from benchmarks.publishing.report import Row, report
from benchmarks.service.batch import batch_body, hand_in
from benchmarks.service.installation import Installation, installation
from benchmarks.service.photos import jpeg
from shared.jobs.redis_store import job_script
from shared.settings import Settings
from worker.feeder.__main__ import open_feeder


@dataclass(frozen=True, slots=True)
class Reading:
    """Redis's own counters at one moment."""

    calls: dict[str, int]
    seconds: float
    """Of its processor."""
    bytes_in: int
    bytes_out: int
    memory: int

    @classmethod
    def of(cls, server: redis.Redis) -> "Reading":
        """Now."""
        stats, cpu, traffic = server.info("commandstats"), server.info("cpu"), server.info("stats")
        return cls(
            calls={name.removeprefix("cmdstat_"): row["calls"] for name, row in stats.items()},
            seconds=cpu["used_cpu_user_main_thread"] + cpu["used_cpu_sys_main_thread"]
            if "used_cpu_user_main_thread" in cpu
            else cpu["used_cpu_user"] + cpu["used_cpu_sys"],
            bytes_in=traffic["total_net_input_bytes"],
            bytes_out=traffic["total_net_output_bytes"],
            memory=server.info("memory")["used_memory"],
        )


def main() -> None:
    """Measure both ways in, and the machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=300, help="of each kind [300]")
    jobs = parser.parse_args().jobs
    with installation() as here:
        port = here.gunicorn("api.wsgi:app")
        here.worker("benchmarks.service.sleeping_worker", CUTROOM_WORKER_CONCURRENCY="16")
        for process in ("worker.keeper", "worker.feeder"):
            here.start("python", "-m", process)
        with here.client(port) as client:
            idle = _idle(here)
            rows = [
                _row("in a batch", jobs, idle, here, lambda: _batch(client, jobs)),
                _row("one by one", jobs, idle, here, lambda: _singly(client, jobs)),
            ]
        report("redis_load", "What Redis does for a job", rows)
        if speeds := _machine(here):
            report("redis_speed", "Calls a second with 50 clients, by redis-benchmark", speeds)
    report("feeder_load", "What one feeder can feed, by its own processor", [_feeder(10 * jobs)])


def _idle(here: Installation, seconds: float = 5.0) -> tuple[float, float]:
    """Commands and processor seconds that one second takes while nothing happens."""
    before = Reading.of(here.records)
    time.sleep(seconds)
    after = Reading.of(here.records)
    calls = sum(after.calls.values()) - sum(before.calls.values())
    return calls / seconds, (after.seconds - before.seconds) / seconds


def _row(how: str, jobs: int, idle: tuple[float, float], here: Installation, work) -> Row:
    before, started = Reading.of(here.records), time.perf_counter()
    work()
    elapsed = time.perf_counter() - started
    after = Reading.of(here.records)
    counted = {name: calls - before.calls.get(name, 0) for name, calls in after.calls.items()}
    inside = sum(calls for name, calls in counted.items() if name not in _OUTSIDE)
    outside = sum(calls for name, calls in counted.items() if name in _OUTSIDE)
    busy = (after.seconds - before.seconds - elapsed * idle[1]) / jobs
    per_job = {name: round(calls / jobs, 2) for name, calls in counted.items() if calls / jobs >= 0.05}
    print(how, json.dumps(dict(sorted(per_job.items(), key=lambda one: -one[1]))))
    return {
        "what": how,
        "jobs": jobs,
        "jobs/s here": jobs / elapsed,
        "commands in all": (inside + outside - elapsed * idle[0]) / jobs,
        "scripts": counted.get("evalsha", 0) / jobs,
        "Redis ms": 1000 * busy,
        "jobs/s of one core": 1 / busy,
        "kB in": (after.bytes_in - before.bytes_in) / jobs / 1000,
        "kB out": (after.bytes_out - before.bytes_out) / jobs / 1000,
        "kB kept": (after.memory - before.memory) / jobs / 1000,
    }


_OUTSIDE = {
    "evalsha",
    "brpop",
    "ping",
    "multi",
    "exec",
    "info",
    "publish",
    "subscribe",
    "select",
    "client|setinfo",
}
"""What only clients send; the scripts' own calls are counted with the rest."""


def _singly(client: httpx.Client, jobs: int) -> None:
    """Posted as callers do, and asked for once at the end."""
    links = []
    for number in range(jobs):
        # Each a new photo: of one that it has seen, the service would reuse the matte.
        photo = jpeg(320, 240, int(time.monotonic() * 1000) % 60_000 + number)
        links.append(client.post("/v1/jobs", files={"image": photo}).raise_for_status().headers["Location"])
    for link in links:
        while client.get(link).json()["status"] not in ("succeeded", "failed"):
            time.sleep(0.2)


def _batch(client: httpx.Client, jobs: int) -> None:
    batch = hand_in(client, batch_body(client, jobs))
    while client.get(batch).json()["counts"]["succeeded"] < jobs:
        time.sleep(1)


def _feeder(lines: int) -> Row:
    """A feeder in this process; nobody works the jobs off."""
    with installation() as here:
        url = f"http://127.0.0.1:{here.gunicorn('api.wsgi:app')}"
        with httpx.Client(base_url=url, timeout=120) as client:
            hand_in(client, batch_body(client, lines))
        port = here.redis_port
        settings = Settings(
            redis_url=f"redis://127.0.0.1:{port}/0",
            broker_url=f"redis://127.0.0.1:{port}/1",
            data_dir=here.folder,
            batch_window=lines,
        )
        feeder, fed, passes = open_feeder(settings), 0, 0
        started, computed = time.perf_counter(), time.process_time()
        while fed < lines:
            fed, passes = fed + feeder.feed(), passes + 1
        computed = time.process_time() - computed
        elapsed = time.perf_counter() - started
    return {
        "lines": lines,
        "passes": passes,
        "lines/s here": lines / elapsed,
        "lines/s of its core": lines / computed,
        "with the pause after each pass": lines / (computed + passes * settings.feed_seconds),
    }


def _machine(here: Installation) -> list[Row]:
    if (program := shutil.which("redis-benchmark")) is None:
        print("redis-benchmark is not on PATH: the machine's own speed was not measured")
        return []
    # On a job that is done: a lease that nobody holds, and how it stands.
    job = next(here.records.scan_iter("job:*"))
    scripts = {
        "renew": ("render", "nobody", "30000", "0.5"),
        "standing": (),
    }
    calls = {"PING": ("ping",), "SET": ("set", "bench:key", "value")}
    for name, arguments in scripts.items():
        sha = here.records.script_load(job_script(here.records, name).script)
        calls[f"our {name}"] = ("evalsha", sha, "1", job, *arguments)
    # 50,000 calls each, and Redis's own seconds for them.
    command = [program, "-p", str(here.redis_port), "-n", "50000", "-c", "50", "--csv"]
    rows = []
    for name, call in calls.items():
        before = Reading.of(here.records).seconds
        done = subprocess.run([*command, *call], capture_output=True, text=True, check=True)
        busy = Reading.of(here.records).seconds - before
        rate, *_ = next(csv.reader([done.stdout.splitlines()[-1]]))[1:]
        rows.append({"call": name, "a second": float(rate), "Redis µs": 1e6 * busy / 50_000})
    return rows


if __name__ == "__main__":
    main()
