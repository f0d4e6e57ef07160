"""`python -m tests.fuzz picture|spec [--seconds N]`: what breaks it is written to `tests/fuzz/found`.

Atheris (libFuzzer) mutates what lies in `tests/fuzz/corpus` towards code that was not reached before. What it
learns stays in `var/fuzz`, for the next run. A finding ends the run; commit its file with the mistake mended, and
`test_kept.py` reads it for ever.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import atheris

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LONGEST_BYTES = {"picture": 8192, "spec": 4096}
MEGABYTES_AN_INPUT = 200
_MEGABYTES = 2048
_SECONDS_AN_INPUT = 10


def main() -> None:
    """Fuzz one target; the exit status is not 0 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", choices=LONGEST_BYTES)
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    with atheris.instrument_imports(
        include=["PIL", "pillow_heif", "shared", "worker.imaging", "api.intake.reading"]
    ):
        check = importlib.import_module(f"tests.fuzz.{asked.target}").check
    atheris.Setup([sys.argv[0], *_options(asked.target, asked.seconds)], _bounded(check))
    atheris.Fuzz()


def _bounded(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The check, for which memory is a finding too: libFuzzer looks at it only once a second."""

    def bounded(data: bytes) -> None:
        before = getrusage(RUSAGE_SELF).ru_maxrss
        check(data)
        taken_megabytes = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
        assert taken_megabytes < MEGABYTES_AN_INPUT, f"{taken_megabytes:.0f} MB for {len(data)} bytes"

    return bounded


def _options(target: str, seconds: int) -> Iterator[str]:
    learned = ROOT / "var" / "fuzz" / target
    learned.mkdir(parents=True, exist_ok=True)
    yield f"-max_total_time={seconds}"
    yield f"-timeout={_SECONDS_AN_INPUT}"
    yield f"-rss_limit_mb={_MEGABYTES}"
    yield f"-max_len={LONGEST_BYTES[target]}"
    yield f"-artifact_prefix={HERE / 'found' / target}/"
    yield "-print_final_stats=1"
    yield "-verbosity=0"
    if target == "spec":
        yield f"-dict={_dictionary(learned.parent / 'spec.dict')}"
    yield str(learned)  # the first folder is the one that grows
    yield str(HERE / "corpus" / target)
    yield str(HERE / "found" / target)


def _dictionary(path: Path) -> Path:
    """The words of the specification: without them hardly a mutation gets past the first key."""
    from shared.spec.job import JobSpec  # noqa: PLC0415  only after the instrumentation

    words = {json.dumps(word) for word in _words(JobSpec.model_json_schema())}
    tokens = sorted(
        words | {"{", "}", "[", "]", ":", ",", "null", "true", "false", "-1", "1e999", "NaN", '"\\ud800"'}
    )
    path.write_text("".join(f"{json.dumps(token)}\n" for token in tokens if len(token) < 64))
    return path


def _words(schema: object) -> Iterator[str]:
    """Names of fields, and the values that they may have."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (value for value in schema.get("enum", ()) if isinstance(value, str))
        if isinstance(schema.get("const"), str):
            yield schema["const"]
        for inner in schema.values():
            yield from _words(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _words(inner)


if __name__ == "__main__":
    main()
