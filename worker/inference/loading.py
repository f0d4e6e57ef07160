"""From a recipe and a weights file to a network on a device."""

from functools import partial
from pathlib import Path

from worker.inference.gathering import Gathering, Probe
from worker.inference.graph import graph_of
from worker.inference.openvino_network import OpenVinoNetwork
from worker.inference.recipe import Network, Passes, Recipe
from worker.inference.torch_room import torch_network


def load_network(
    recipe: Recipe, weights: Path, *, device: str, passes: Passes = "eager", max_batch: int = 1
) -> Network:
    """Load it: OpenVINO on a CPU; torch on CUDA, which gets its work as `passes` says.

    Pictures that come at once go in batches on CUDA, side by side on a CPU: at most `max_batch`.

    Raises ModelUnavailable where torch is needed and missing, `cuda` is asked for and there is none, or the
    weights are damaged or another network's.
    """
    if device == "cuda":
        torch_room = torch_network()
        network: Network = torch_room.on_cuda(recipe, weights, passes)
        if max_batch == 1:
            return network
        return Gathering(network, max_batch, _probe(recipe, passes), at_once=torch_room.AT_ONCE)
    return OpenVinoNetwork(partial(graph_of, recipe, weights), recipe.precision, max_batch)


def _probe(recipe: Recipe, passes: Passes) -> Probe | None:
    if -1 in recipe.shape:
        return None
    return Probe(recipe.example(), torch_network().cuda_conditions(recipe, passes))
