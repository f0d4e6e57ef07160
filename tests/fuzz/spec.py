"""Any bytes as a job's specification, through the API's own reader, and back out of the record."""

from api.intake.reading import read_job_spec, read_spec
from shared.errors import AppError
from shared.settings import Settings
from shared.spec.batch import BatchSpec
from shared.spec.job import JobSpec, Stage

_SETTINGS = Settings()


def check(data: bytes) -> None:
    """Raises unless they are refused with an error of ours, or come to a job that the record keeps as it is."""
    for has_picture in (False, True):
        try:
            spec = read_job_spec(data, _SETTINGS, has_picture=has_picture)
        except AppError as error:
            _check_words(error)
        else:
            _check_kept(spec, has_picture)
    try:
        read_spec(BatchSpec, data)
    except AppError as error:
        _check_words(error)


def _check_words(error: AppError) -> None:
    """The problem document must be sendable."""
    for problem in getattr(error, "problems", ()):
        problem["field"].encode()
    error.detail.encode()


def _check_kept(spec: JobSpec, has_picture: bool) -> None:
    assert JobSpec.model_validate_json(spec.model_dump_json()) == spec
    stages = spec.stages(has_picture=has_picture)
    assert stages[-1] is Stage.RENDER
    for part in spec.parts(Stage.RENDER):
        spec.variant(part)
