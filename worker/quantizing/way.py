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

    version: int = 3
    """Raised when what is done changes without a field saying so."""
    exact_first: int = 1
    """How many convolutions from the input on are left as they are."""
    exact_last: int = 1
    """Convolutions with fewer than so many others behind them are left as they are."""
    activations_share: float = 0.5
    """How much of the equalizing of channels is for the activations' sake, the rest for the weights': 0 to 1."""


def recipe_hash(way: Way, weights_sha256: str, photos_sha256: str, made_with: dict[str, str]) -> str:
    """Of all that decides what comes out: 12 hexadecimal digits."""
    text = json.dumps([asdict(way), weights_sha256, photos_sha256, made_with], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def left_exact(graph: ov.Model, way: Way) -> list[str]:
    """The convolutions that stay as they are, by name: those that see the photo, and those that draw the matte."""
    ordered = [op for op in graph.get_ordered_ops() if op.get_type_name() in _CONVOLUTIONS]
    last = _near_the_output(graph, way.exact_last)
    names = [op.get_friendly_name() for op in ordered]
    return [name for place, name in enumerate(names) if place < way.exact_first or name in last]


def is_transformer(graph: ov.Model) -> bool:
    """Whether the network has attention, which wants to be quantised in another way."""
    return {"MatMul", "Softmax"} <= {op.get_type_name() for op in graph.get_ops()}


def _near_the_output(graph: ov.Model, behind: int) -> set[str]:
    """Convolutions with fewer than `behind` others between them and the output, by the shortest path."""
    found: dict[str, int] = {}
    seen: dict[str, int] = {}
    todo = deque((result, 0) for result in graph.get_results())
    while todo:
        op, passed = todo.popleft()
        name = op.get_friendly_name()
        if passed >= seen.get(name, behind):
            continue
        seen[name] = passed
        if op.get_type_name() in _CONVOLUTIONS:
            found[name] = passed
            passed += 1
        todo.extend((port.get_source_output().get_node(), passed) for port in op.inputs())
    return set(found)
