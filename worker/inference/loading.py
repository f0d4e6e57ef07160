"""From a recipe and a weights file to a network on a device."""

from pathlib import Path

from worker.inference.graph import graph_of
from worker.inference.openvino_network import OpenVinoNetwork
from worker.inference.recipe import Network, Recipe
from worker.inference.torch_room import torch_network


def load_network(recipe: Recipe, weights: Path, *, device: str, compiled: bool = False) -> Network:
    """Load it: OpenVINO on a CPU, torch on CUDA, there put through torch.compile where `compiled`.

    Raises ModelUnavailable where torch is needed and missing, `cuda` is asked for and there is none, or the
    weights are damaged or another network's.
    """
    if device == "cuda":
        network: Network = torch_network().CudaNetwork(recipe, weights, compiled=compiled)
        return network
    return OpenVinoNetwork(graph_of(recipe, weights), recipe.precision)
