"""A job's hash as the store keeps it, read back into a Job."""

import json
from collections.abc import Mapping

from shared.jobs.job import Job, JobError, Status, Step
from shared.jobs.results import RESULTS, InputFacts, Result
from shared.spec.job import JobSpec, Stage


def job_from_hash(fields: Mapping[str, str]) -> Job:
    """The job that these fields record."""
    stage = Stage(fields["stage"])
    status = Status(fields["status"])
    spec = JobSpec.model_validate_json(fields["spec"])
    steps = [Step(fields["id"], stage, part).name for part in spec.parts(stage) or ("",)]
    return Job(
        id=fields["id"],
        tenant=fields["tenant"],
        spec=spec,
        stages=tuple(Stage(name) for name in fields["stages"].split()),
        status=status,
        stage=None if status.is_final else stage,
        created_at=_seconds(fields["created_at"]),
        expires_at=_seconds(fields["expires_at"]),
        request_id=fields["request_id"],
        started_at=_seconds(fields["started_at"]) if "started_at" in fields else None,
        finished_at=_seconds(fields["finished_at"]) if "finished_at" in fields else None,
        attempts=max(int(fields.get(f"attempts:{step}", 0)) for step in steps),
        stage_progress=sum(_progress(step, fields) for step in steps) / len(steps),
        posted_input=InputFacts.model_validate_json(fields["input"]) if "input" in fields else None,
        results=_results(fields),
        failures={step: JobError(**json.loads(text)) for step, text in _behind("error:", fields)},
        stage_ms={name: int(value) for name, value in _behind("ms:", fields)},
        error=JobError(**json.loads(fields["error"])) if "error" in fields else None,
        version=int(fields["version"]),
    )


def _results(fields: Mapping[str, str]) -> dict[str, Result]:
    return {
        step: RESULTS[step.partition("/")[0]].model_validate_json(text)
        for step, text in _behind("result:", fields)
    }


def _progress(step: str, fields: Mapping[str, str]) -> float:
    is_over = f"result:{step}" in fields or f"error:{step}" in fields
    return 1.0 if is_over else float(fields.get(f"progress:{step}", 0))


def _behind(prefix: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name.removeprefix(prefix), value) for name, value in fields.items() if name.startswith(prefix)]


def _seconds(ms: str) -> float:
    return int(ms) / 1000
