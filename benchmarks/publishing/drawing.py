"""Lines over an axis, as the pictures of docs/ show them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

Line = Sequence[tuple[float, float]]
_FEW = 20
"""Points that are worth a dot each."""


def draw(
    path: Path, title: str, axes: tuple[str, str], lines: Mapping[str, Line], top: float | None = None
) -> None:
    """A picture of named lines, as SVG; `top` cuts off what runs away, without it all is shown."""
    # Text stays text and ids do not change with each run: small files, small diffs.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cutroom"}):
        figure = Figure(figsize=(7, 3.8), layout="constrained")
        plot = figure.subplots()
        for name, points in lines.items():
            dots = "." if len(points) <= _FEW else None
            plot.plot(*zip(*points, strict=True), marker=dots, label=name)
        plot.set(title=title, xlabel=axes[0], ylabel=axes[1], ylim=(0, top))
        plot.grid(alpha=0.3)
        figure.legend(loc="outside lower center", ncols=2)  # covers no line
        figure.savefig(path, metadata={"Date": None})
