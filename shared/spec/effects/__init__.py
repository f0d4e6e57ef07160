"""The effects: one class each, joined by `type`, which is also the name of the module that paints it."""

from typing import Annotated

from pydantic import Field

from shared.spec.base import Spec
from shared.spec.effects.background import BackgroundSpec, GradientSpec
from shared.spec.effects.canvas import CanvasSpec
from shared.spec.effects.color_grade import ColorGradeSpec
from shared.spec.effects.contact_shadow import ContactShadowSpec
from shared.spec.effects.crop_to_subject import CropToSubjectSpec
from shared.spec.effects.drop_shadow import DropShadowSpec
from shared.spec.effects.duotone import DuotoneSpec
from shared.spec.effects.feather_edges import FeatherEdgesSpec
from shared.spec.effects.glow import GlowSpec
from shared.spec.effects.outline import OutlineSpec
from shared.spec.effects.pixelate_background import PixelateBackgroundSpec
from shared.spec.effects.reflection import ReflectionSpec

__all__ = [
    "EFFECTS",
    "BackgroundSpec",
    "CanvasSpec",
    "ColorGradeSpec",
    "ContactShadowSpec",
    "CropToSubjectSpec",
    "DropShadowSpec",
    "DuotoneSpec",
    "EffectSpec",
    "FeatherEdgesSpec",
    "GlowSpec",
    "GradientSpec",
    "OutlineSpec",
    "PixelateBackgroundSpec",
    "ReflectionSpec",
]

EffectSpec = Annotated[
    BackgroundSpec
    | DropShadowSpec
    | ContactShadowSpec
    | ReflectionSpec
    | OutlineSpec
    | GlowSpec
    | FeatherEdgesSpec
    | ColorGradeSpec
    | DuotoneSpec
    | PixelateBackgroundSpec
    | CropToSubjectSpec
    | CanvasSpec,
    Field(discriminator="type"),
]
EFFECTS: tuple[type[Spec], ...] = (
    BackgroundSpec,
    DropShadowSpec,
    ContactShadowSpec,
    ReflectionSpec,
    OutlineSpec,
    GlowSpec,
    FeatherEdgesSpec,
    ColorGradeSpec,
    DuotoneSpec,
    PixelateBackgroundSpec,
    CropToSubjectSpec,
    CanvasSpec,
)
