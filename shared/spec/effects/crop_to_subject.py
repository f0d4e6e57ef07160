"""Only the subject."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec


class CropToSubjectSpec(Spec):
    """Cut the canvas to what is painted so far: the subject, with its shadow if it has one already.

    After a background that is everything, so ask for it before one.
    """

    type: Literal["crop_to_subject"] = "crop_to_subject"
    margin: float = Field(default=0.0, ge=0.0, le=50.0)
    """Left on every side, in percent of the subject's longer side, adding canvas if need be."""
