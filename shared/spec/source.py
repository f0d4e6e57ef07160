"""Where a picture comes from."""

from typing import Annotated

from pydantic import AnyHttpUrl, StringConstraints, model_validator

from shared.spec.base import Spec

UploadId = Annotated[str, StringConstraints(pattern=r"^upl_[0-9a-z]{26}$")]


class SourceSpec(Spec):
    """A picture beside the job's own: exactly one of `url`, `upload_id`."""

    url: AnyHttpUrl | None = None
    """http or https address of the picture, fetched by the server."""
    upload_id: UploadId | None = None
    """An upload whose bytes have arrived."""

    @model_validator(mode="after")
    def _exactly_one(self) -> "SourceSpec":
        if (self.url is None) == (self.upload_id is None):
            raise ValueError("give exactly one of url, upload_id")
        return self

    @property
    def name(self) -> str:
        """Tells it from other pictures."""
        return self.upload_id or str(self.url)


class InputSpec(Spec):
    """The picture of a job: exactly one of `url`, `upload_id`, `job_id`."""

    url: AnyHttpUrl | None = None
    """http or https address of the picture, fetched by the server."""
    upload_id: UploadId | None = None
    """An upload whose bytes have arrived; `POST /v1/uploads` makes one."""
    job_id: Annotated[str, StringConstraints(pattern=r"^job_[0-9a-z]{26}$")] | None = None
    """The same picture as an earlier job; its matte is used again where the options are the same."""

    @model_validator(mode="after")
    def _exactly_one(self) -> "InputSpec":
        given = [name for name in ("url", "upload_id", "job_id") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of url, upload_id, job_id (given: {', '.join(given) or 'none'})"
            )
        return self
