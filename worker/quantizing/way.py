"""How a network is quantised: what the experiments of docs/models.md came to."""

import hashlib
import json
from collections import deque
from dataclasses import asdict, dataclass

import openvino as ov

_CONVOLUTIONS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData")


@dataclass(frozen=True, slots=True)
class Way:
    """Every field is part of the result's hash."""

    version: int = 4
    """Raised when what is done changes without a field saying so."""
    exact_first: int = 1
    """How many convolutions from the input on are left as they are."""
    exact_last: int = 1
    """What has fewer than so many convolutions behind it is left as it is."""
    activations_share: float = 0.5
    """How much of the equalizing of channels is for the activations' sake, the rest for the weights': 0 to 1."""


def recipe_hash(way: Way, weights_sha256: str, photos_sha256: str, made_with: dict[str, str]) -> str:
    """Of all that decides what comes out: 12 hexadecimal digits."""
    text = json.dumps([asdict(way), weights_sha256, photos_sha256, made_with], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def left_exact(graph: ov.Model, way: Way) -> list[str]:
    """Names of what stays as it is: the convolutions that see the photo, and all from those on that draw the matte.

    Behind the last convolution too: what IS-Net's sigmoid is given goes from -600 to 14, and 256 steps over that
    leave three or four to an edge.
    """
    convolutions = [op for op in graph.get_ordered_ops() if op.get_type_name() in _CONVOLUTIONS]
    first = {op.get_friendly_name() for op in convolutions[: way.exact_first]}
    return sorted(first | _near_the_output(graph, way.exact_last))


def is_transformer(graph: ov.Model) -> bool:
    """Whether the network has attention, which wants to be quantised in another way."""
    return {"MatMul", "Softmax"} <= {op.get_type_name() for op in graph.get_ops()}


def _near_the_output(graph: ov.Model, behind: int) -> set[str]:
    """Operations with fewer than `behind` convolutions between them and the output, by the shortest path."""
    seen: dict[str, int] = {}
    todo = deque(
        (port.get_source_output().get_node(), 0) for result in graph.get_results() for port in result.inputs()
    )
    while todo:
        op, passed = todo.popleft()
        name = op.get_friendly_name()
        if op.get_type_name() == "Constant" or passed >= seen.get(name, behind):
            continue
        seen[name] = passed
        passed += op.get_type_name() in _CONVOLUTIONS
        todo.extend((port.get_source_output().get_node(), passed) for port in op.inputs())
    return set(seen)
