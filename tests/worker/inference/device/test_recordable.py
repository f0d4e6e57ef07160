"""Every network that is recorded on a GPU can be: nothing in a pass waits for the host, or copies from it.

Seen without a GPU: on torch's meta device a tensor of the host stands out, and so does an operation that reads a
number from the device.
"""

from contextlib import suppress

import pytest

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402  (torch)
from torch.utils._pytree import tree_leaves  # noqa: E402  (torch)

from shared.catalog import CARDS, UPSCALERS  # noqa: E402  (torch)
from worker.segmentation.loading import recipe as of_segmenter  # noqa: E402  (torch)
from worker.upscaling.runtime import recipe as of_upscaler  # noqa: E402  (torch)

WAITS = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select")


class FromTheHost(TorchDispatchMode):
    """Collects the operations that have to do with the host."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        tensors = [one for one in tree_leaves((args, kwargs, made)) if isinstance(one, torch.Tensor)]
        if operation.name().startswith(WAITS) or any(tensor.device.type == "cpu" for tensor in tensors):
            self.found.add(operation.name())
        return made


def recipes():
    cards = [card for card in CARDS.values() if card.arch and card.input_size]
    tiles = [of_upscaler(card, 64) for card in UPSCALERS.values()]
    found = {(one.name, one.shape): one for one in [*map(of_segmenter, cards), *tiles]}
    return [one for one in found.values() if -1 not in one.shape]


def on_no_device(recipe):
    with torch.device("meta"):
        network = recipe.build()
    network = recipe.wrap(network).eval().to("meta")
    batch = torch.empty((2, *recipe.shape[1:]), dtype=getattr(torch, recipe.dtype), device="meta")
    return network, batch


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: f"{recipe.name}-{recipe.shape[1]}")
def test_a_pass_has_nothing_to_do_with_the_host(recipe):
    network, batch = on_no_device(recipe)
    with torch.inference_mode(), FromTheHost() as seen:
        assert len(network(batch)) == 2
    assert seen.found == set()


@pytest.mark.parametrize(
    ("layer", "operation"),
    [
        (lambda x: x + torch.ones(3), "aten::ones"),
        (lambda x: x * torch.tensor([1.0, 2.0, 3.0]).to("meta"), "aten::_to_copy"),
    ],
)
def test_a_pass_that_copies_from_the_host_is_found(layer, operation):
    with FromTheHost() as seen, suppress(RuntimeError):  # torch itself refuses some of them
        layer(torch.empty(3, device="meta"))
    assert operation in {name.partition(".")[0] for name in seen.found}
