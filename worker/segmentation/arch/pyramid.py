"""InSPyReNet on two copies of a picture at once, as its pyramid wants it."""

from torch import Tensor, nn

from worker.segmentation.arch.inspyrenet import InSPyReNet


class PyramidOfTwo(nn.Module):
    """Takes both copies in one tensor (B, 3, L + S, L): the large one, L × L, and below its left the small, S × S."""

    def __init__(self, network: InSPyReNet, small_side: int, threshold: int) -> None:
        super().__init__()
        self.network = network
        self.small_side = small_side
        self.threshold = threshold

    def forward(self, both: Tensor) -> Tensor:
        """Logits (B, 1, L, L); of the small copy alone (B, 1, S, S) where L is not above the threshold."""
        large_side = both.shape[3]
        small = both[:, :, large_side:, : self.small_side]
        return self.network.forward_pyramid(both[:, :, :large_side], small, self.threshold)
