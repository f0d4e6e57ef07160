"""Shares of what a GPU could do."""

import pytest

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from benchmarks.gpu.peak import measured_teraflops, share, teraflops, teraflops_of  # noqa: E402  (torch)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA A100-SXM4-80GB", 312.0),
        ("NVIDIA H100 80GB HBM3", 989.4),
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA H200", 989.4),
        ("NVIDIA L40S", 362.0),
        ("NVIDIA L4", 121.0),
        ("NVIDIA GeForce RTX 4090", 165.2),
        ("Tesla V100-SXM2-16GB", 125.0),
        ("NVIDIA L40", None),
        ("NVIDIA A10G", None),
    ],
)
def test_a_gpu_is_known_by_the_name_that_cuda_gives_it(name, peak):
    assert teraflops_of(name) == peak


def test_the_share_is_what_is_computed_of_what_could_be():
    # BiRefNet general takes 2535 GFLOP; 14.4 a second is what its README says of fp16 on an A100.
    assert share(14.4, 2535e9, 312) == pytest.approx(0.117, abs=1e-3)
    assert share(2, 0.5e12, 1) == 1


def test_teraflops_are_operations_by_time():
    assert teraflops(2 * 1000**3, 0.5) == pytest.approx(0.004)


def test_a_product_of_matrices_reaches_something():
    assert measured_teraflops(torch.device("cpu"), 16) > 0
