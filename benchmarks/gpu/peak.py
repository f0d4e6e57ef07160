"""Operations a second of a GPU's matrix units: what the vendor says, and what a product of matrices reaches."""

import re
import time

import torch

TERAFLOPS = {
    "B200": 2250.0,
    "H200": 989.4,
    "H100 PCIe": 756.0,
    "H100": 989.4,
    "L40S": 362.0,
    "A100": 312.0,
    "RTX 4090": 165.2,
    "A10": 125.0,
    "V100": 125.0,
    "L4": 121.0,
    "T4": 65.0,
}
"""Dense, in bf16 (V100 and T4, which have none: fp16), sums in float32; NVIDIA's data sheets."""
_ROUNDS = 20


def teraflops_of(device_name: str) -> float | None:
    """Of a GPU by the name that CUDA gives it; None for one that is not in the table."""
    known = sorted(TERAFLOPS, key=len, reverse=True)  # the H100 PCIe is an H100, too
    return next((TERAFLOPS[name] for name in known if re.search(rf"\b{name}\b", device_name)), None)


def teraflops(operations: float, seconds: float) -> float:
    """Operations done in so many seconds as 10¹² a second."""
    return operations / seconds / 1e12


def share(images_per_second: float, operations_per_image: float, peak_teraflops: float) -> float:
    """Of the peak, 0..1, that a network reaches."""
    return images_per_second * operations_per_image / (peak_teraflops * 1e12)


def measured_teraflops(device: torch.device, side: int) -> float:
    """What the product of two bf16 matrices of this side reaches here."""
    left, right = (torch.ones(side, side, dtype=torch.bfloat16, device=device) for _ in range(2))
    (left @ right).sum().item()
    started = time.perf_counter()
    for _ in range(_ROUNDS):
        product = left @ right
    product.sum().item()  # waits for all of them
    return teraflops(_ROUNDS * 2 * side**3, time.perf_counter() - started)
