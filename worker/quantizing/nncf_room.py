"""Everything here that needs NNCF, which an installation may lack."""

from collections.abc import Sequence
from importlib import metadata
from logging import ERROR
from typing import Any

import openvino as ov
from numpy.typing import NDArray

from shared.errors import ModelUnavailable
from worker.quantizing.way import Way, is_transformer, left_exact


def quantized(graph: ov.Model, batches: Sequence[NDArray[Any]], way: Way) -> ov.Model:
    """The graph with its convolutions and products in 8-bit integers; draws a progress bar of its own.

    `batches` go through the exact network one after the other, so that the range of every activation is seen.
    Raises ModelUnavailable naming the extra to install.
    """
    nncf = _nncf()
    return nncf.quantize(
        graph,
        nncf.Dataset(batches),
        subset_size=len(batches),
        preset=nncf.QuantizationPreset.MIXED,  # of Relu behind: 0 to 255; of others -128 to 127 about a zero point
        model_type=nncf.ModelType.TRANSFORMER if is_transformer(graph) else None,
        ignored_scope=nncf.IgnoredScope(names=left_exact(graph, way)),
        # By default the first layer's weights get 7 bits, for CPUs without VNNI, whose sums could overflow: what that
        # does to a matte shows in the comparison, on the machine itself.
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=nncf.OverflowFix.DISABLE,
            # On IS-Net it brings nothing: with it the sum of differences from the truth is 4.8 % above that of the
            # exact network, without it 2.1 % (docs/models.md).
            disable_bias_correction=True,
        ),
    )


def made_with() -> dict[str, str]:
    """The versions that the result depends on. Raises ModelUnavailable naming the extra to install."""
    _nncf()
    return {name: metadata.version(name) for name in ("nncf", "openvino")}


def _nncf() -> Any:
    try:
        import nncf  # noqa: PLC0415  (an extra)
    except ImportError as exc:
        raise ModelUnavailable('quantising needs NNCF: install the extra "int8"') from exc
    nncf.set_log_level(ERROR)
    return nncf
