"""Lines over time as a small SVG."""

from collections.abc import Iterator, Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _EDGE = 720, 300, 50, 110, 25
_COLOURS = ("#0b6e99", "#d9730d", "#0f7b6c", "#ad1a72", "#6940a5", "#64473a")
Lines = Mapping[str, Sequence[Sequence[float]]]
"""Points of seconds and value, by name."""


def svg(lines: Lines, unit: str) -> str:
    """The lines, each with its name where it ends; a dashed line in the middle of the time."""
    return "\n".join(_parts(lines, unit)) + "\n"


def _parts(lines: Lines, unit: str) -> Iterator[str]:
    most_seconds = max(point[0] for points in lines.values() for point in points)
    highest = 1.1 * max(point[1] for points in lines.values() for point in points)

    def place(seconds: float, value: float) -> tuple[float, float]:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / most_seconds
        return round(x, 1), round(_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * value / highest, 1)

    frame = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>'
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    for share in range(5):
        x, y = place(0, highest * share / 4)
        yield f'<path d="M{x} {y}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{x - 5}" y="{y + 4}" text-anchor="end">{highest * share / 4:.0f}</text>'
    middle, _ = place(most_seconds / 2, 0)
    yield f'<path d="M{middle} {_EDGE}V{_HEIGHT - _EDGE}" stroke="#999" stroke-dasharray="4"/>'
    for colour, (name, points) in zip(_COLOURS, lines.items(), strict=False):
        way = " ".join(f"{x},{y}" for x, y in (place(*point) for point in points))
        x, y = place(*points[-1])
        yield f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{x + 5}" y="{y + 4}" fill="{colour}">{name}</text>'
    yield f'<text x="{_LEFT}" y="{_EDGE - 8}">{unit}</text>'
    yield f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">{most_seconds:.0f} s</text>'
    yield "</svg>"
