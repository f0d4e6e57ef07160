"""The line of a batch that a job is made of."""

from dataclasses import dataclass

from shared.ids import derived_id


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of a batch; its job's id follows from it, so a line becomes the same job however often it is fed."""

    batch_id: str
    tenant: str
    number: int
    """From 1, as in the file."""

    @property
    def job_id(self) -> str:
        return derived_id("job", self.batch_id, self.number)
