"""What a cut-out needs beside its network, at the photo's own size: done on the CPU, or where the network runs."""

from typing import Any, Protocol

from numpy.typing import NDArray

from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha, Rgb
from worker.inference.torch_room import needing_torch
from worker.matting.foreground import estimate_foreground
from worker.matting.guided import guided_upsampling


class Finishing(Protocol):
    """Safe from several threads. On CUDA both raise ModelUnavailable where it is missing, OutOfMemory where it is
    full.
    """

    def guided_upsampling(self, rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
        """See `worker.matting.guided`."""

    def estimate_foreground(self, rgb: Rgb, alpha: Alpha) -> Rgb:
        """See `worker.matting.foreground`."""


class OnCpu:
    """See Finishing."""

    def guided_upsampling(self, rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
        """See Finishing."""
        return guided_upsampling(rgb, matte, spec)

    def estimate_foreground(self, rgb: Rgb, alpha: Alpha) -> Rgb:
        """See Finishing."""
        return estimate_foreground(rgb, alpha)


class OnCuda:
    """See Finishing. Nothing of torch is imported before the first photo."""

    def guided_upsampling(self, rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
        """See Finishing."""
        return _gpu().guided_upsampling(rgb, matte, spec)

    def estimate_foreground(self, rgb: Rgb, alpha: Alpha) -> Rgb:
        """See Finishing."""
        return _gpu().estimate_foreground(rgb, alpha)


def _gpu() -> Finishing:
    gpu: Finishing = needing_torch("worker.matting.on_device.finishing").on_cuda()
    return gpu
