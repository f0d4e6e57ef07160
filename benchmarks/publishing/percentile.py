"""What a share of the measured values does not exceed."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the least value seen that this share (0 to 1) do not exceed; infinite where none was seen."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1] if values else math.inf
