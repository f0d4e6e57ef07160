"""A shadow on the ground under the subject.

Two parts, as under a soft lamp: the seam, dark where the outline nearly touches the ground; and the silhouette laid
along the ground in perspective, weaker and softer the farther it falls.
"""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.effects import ContactShadowSpec
from worker.imaging.colour import color_in
from worker.imaging.composite import beneath, plain
from worker.imaging.crop import Box, subject_box
from worker.imaging.ground import Line, ground_line, lowest_rows
from worker.imaging.silhouette import reach_px
from worker.imaging.types import Alpha, Cutout, Scene

Floats = NDArray[Any]
"""float32 (h, w), 0..1."""

_WORK_SIDE_PX = 1024
_WORK_SIGMA_PX = 6.0
"""Nothing in a shadow is sharp: it is made no larger than this, and enlarged."""
_POOL_SIGMAS = 4.0
"""The pool of half-shade round the seam, in sigmas of the seam."""
_FAR_SIGMAS = 2.5
"""How soft the thrown shadow's far end is, in sigmas of the seam."""
_SEAM_HEIGHT, _POOL_HEIGHT = 0.03, 0.1
"""How far above the ground an outline may be to darken it, as shares of the subject's height."""
_THROWN, _POOL = 0.7, 0.7
"""Strengths beside the seam's."""
_FADING = 0.75
"""What the thrown shadow has lost at its far end."""
_CONVERGENCE = 0.3
"""How much smaller, as a share, what lies one height farther away appears."""
_THINNEST = 0.2
"""A subject has some depth: thrown exactly sideways its shadow is as thick as if it were turned so far (cosine)."""


class _Corner(NamedTuple):
    x: float
    y: float


class _Plan(NamedTuple):
    """Where things are while the shadow is made, in px of that size."""

    subject: tuple[int, int]
    """Width and height of the subject's box."""
    at: tuple[int, int]
    """Its upper left corner."""
    size: tuple[int, int]
    """Width and height of the whole."""
    sigma: float
    """Of the seam, along the ground."""


def apply(cutout: Cutout, spec: ContactShadowSpec, scene: Scene) -> Cutout:
    """Lay the shadow under the subject; the ground is where the subject is lowest. The canvas grows if need be."""
    red, green, blue, color_alpha = color_in(spec.color, cutout.icc_profile)
    strength = spec.opacity * color_alpha / 255
    box = subject_box(cutout.alpha)
    if box is None or strength == 0:
        return cutout
    sigma_px = spec.blur * cutout.longer_side / 100
    scale = min(1.0, _WORK_SIDE_PX / max(box[2:]), _WORK_SIGMA_PX / sigma_px)
    shape = _reduced(cutout.alpha, box, scale)
    plan = _plan(shape, spec, sigma_px * scale)
    shade = _shade(shape, plan, spec)
    found = subject_box(cv2.convertScaleAbs(shade, alpha=255 * strength), faintest=1)
    if found is None:
        return cutout
    left, top, width, height = found
    shade = shade[top : top + height, left : left + width]
    full = (max(1, round(width / scale)), max(1, round(height / scale)))
    coverage = cv2.convertScaleAbs(cv2.resize(shade, full), alpha=255 * strength)
    at = (box[0] + round((left - plan.at[0]) / scale), box[1] + round((top - plan.at[1]) / scale))
    return beneath(cutout, plain((red, green, blue), *coverage.shape), coverage, at=at)


def _reduced(alpha: Alpha, box: Box, scale: float) -> Alpha:
    x, y, width, height = box
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(alpha[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)


def _plan(shape: Alpha, spec: ContactShadowSpec, sigma_px: float) -> _Plan:
    """Room for all that the shadow may reach."""
    height, width = shape.shape
    sigma = max(0.5, sigma_px)
    corners = _thrown_corners((width, height), spec)
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    beyond = (-min(xs), -min(ys), max(xs) - width, max(ys) - height)
    left, top, right, bottom = (math.ceil(max(0.0, side)) + reach_px(sigma * _POOL_SIGMAS) for side in beyond)
    return _Plan((width, height), (left, top), (left + width + right, top + height + bottom), sigma)


def _shade(shape: Alpha, plan: _Plan, spec: ContactShadowSpec) -> Floats:
    """How dark it is, for the whole of the plan."""
    lowest = lowest_rows(shape)
    ground = ground_line(lowest)
    light = 1 - _seam(lowest, ground, plan, spec.tilt)
    if spec.length == 0:
        return 1 - light
    # Thrown from a level ground, then let up to where the ground is.
    level = _lowered(shape, plan.subject[1] - ground)
    corners = [_Corner(x + plan.at[0], y + plan.at[1]) for x, y in _thrown_corners(plan.subject, spec)]
    right = plan.size[0] - plan.at[0] - plan.subject[0]
    rise = np.pad(ground - plan.subject[1], (plan.at[0], right), mode="edge")
    return 1 - light * (1 - _THROWN * _lowered(_thrown(level, plan, corners), rise))


def _seam(lowest: Line, ground: Line, plan: _Plan, tilt: float) -> Floats:
    """Dark along the ground where the outline is near: a narrow dark line in a wide pale pool."""
    columns = np.flatnonzero(np.isfinite(lowest))
    above = (ground - lowest)[columns] / plan.subject[1]
    pixels = (np.rint(ground[columns]).astype(np.intp) + plan.at[1], columns + plan.at[0])

    def line(height: float, sigma: float) -> Floats:
        near = np.exp(-((above / np.float32(height)) ** 2))
        return _along(plan.size, pixels, near, (sigma, max(sigma * tilt, 0.5)))

    return 1 - (1 - line(_SEAM_HEIGHT, plan.sigma)) * (
        1 - _POOL * line(_POOL_HEIGHT, plan.sigma * _POOL_SIGMAS)
    )


def _along(
    size: tuple[int, int],
    pixels: tuple[NDArray[Any], NDArray[Any]],
    weight: Floats,
    sigmas: tuple[float, float],
) -> Floats:
    """A line through these pixels (rows, columns) blurred along and across, in its middle as dark as `weight`."""
    drawn = np.zeros((size[1], size[0]), np.float32)
    # Blurred across, a level line one pixel wide would keep this part of its strength.
    drawn[pixels] = weight * np.float32(math.sqrt(2 * math.pi) * sigmas[1])
    return np.minimum(
        cv2.GaussianBlur(drawn, (0, 0), sigmas[0], sigmaY=sigmas[1], borderType=cv2.BORDER_CONSTANT), 1
    )


def _lowered(pixels: NDArray[Any], by: Line) -> NDArray[Any]:
    """Each column moved down by so many px."""
    rows = np.arange(pixels.shape[0], dtype=np.float32)[:, None] - by[None].astype(np.float32)
    columns = np.broadcast_to(np.arange(pixels.shape[1], dtype=np.float32)[None], rows.shape).copy()
    return cv2.remap(pixels, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _thrown_corners(size: tuple[int, int], spec: ContactShadowSpec) -> list[_Corner]:
    """Where the silhouette's corners fall: upper left, upper right, lower right, lower left; the last two stand."""
    width, height = size
    reach = height * spec.length / 100
    cosine = math.cos(math.radians(spec.angle))
    away = math.copysign(max(abs(cosine), _THINNEST), cosine) * reach
    nearness = 1 / max(0.5, 1 + _CONVERGENCE * away / height)
    aside = math.sin(math.radians(spec.angle)) * reach
    top = height - away * spec.tilt * nearness
    half = width / 2 * nearness
    middle = width / 2 + aside
    return [
        _Corner(middle - half, top),
        _Corner(middle + half, top),
        _Corner(width, height),
        _Corner(0, height),
    ]


def _thrown(shape: Alpha, plan: _Plan, corners: list[_Corner]) -> Floats:
    """The silhouette laid on the ground: sharper near its foot, softer and paler beyond."""
    height, width = shape.shape
    upright = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    move = cv2.getPerspectiveTransform(upright, np.array(corners, np.float32))
    away = np.linspace(1, 0, height, dtype=np.float32)[:, None]
    present = shape.astype(np.float32) / 255 * (1 - _FADING * away)
    near = cv2.warpPerspective(present * (1 - away), move, plan.size)
    far = cv2.warpPerspective(present * away, move, plan.size)
    near = cv2.GaussianBlur(near, (0, 0), plan.sigma, borderType=cv2.BORDER_CONSTANT)
    return cv2.add(
        near, cv2.GaussianBlur(far, (0, 0), plan.sigma * _FAR_SIGMAS, borderType=cv2.BORDER_CONSTANT)
    )
