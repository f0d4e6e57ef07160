"""Helping the network to see: changes of its input only, never of the result's colours."""

from typing import Any, Literal

from pydantic import Field, model_validator

from shared.spec.base import Spec

# Tuned on darkened, blurred, noisy and low-contrast copies of photos with ground truth: docs/quality.md.
_PRESETS: dict[str, dict[str, float]] = {
    "subject_is_dark": {"lift_shadows": 0.3},
    "edges_are_fuzzy": {"sharpen": 1.0},
    "noisy_phone_photo": {"denoise": 1.0},
    "blends_into_background": {"contrast": 0.8},
}


class TweakSpec(Spec):
    """What the network sees; all at 0 is the photo as it is."""

    preset: (
        Literal["subject_is_dark", "edges_are_fuzzy", "noisy_phone_photo", "blends_into_background"] | None
    ) = None
    """Says in your words what is difficult; sets the values below that you leave out."""
    contrast: float = Field(default=0.0, ge=0.0, le=1.0)
    """Local contrast (CLAHE)."""
    denoise: float = Field(default=0.0, ge=0.0, le=1.0)
    """Remove noise (non-local means)."""
    lift_shadows: float = Field(default=0.0, ge=0.0, le=1.0)
    """Raise the exposure where the photo is dark."""
    sharpen: float = Field(default=0.0, ge=0.0, le=1.0)
    """Sharpen (Laplacian)."""
    pad: float = Field(default=0.0, ge=0.0, le=0.5)
    """Add a border round the photo, in shares of its sides."""
    hint: float = Field(default=0.0, ge=0.0, le=1.0)
    """Dim what has the colours of the photo's border and little contrast: a rough guess at the background."""

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:
        preset = _PRESETS.get(str(given.get("preset"))) if isinstance(given, dict) else None
        return {**preset, **given} if preset else given
