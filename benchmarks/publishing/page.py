"""Tables in the pages of docs/, each between two marks."""

from collections.abc import Sequence

from benchmarks.publishing.report import Row


def markdown(rows: Sequence[Row]) -> str:
    """A table."""
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(str(cell) for cell in row.values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def filled(page: str, begin: str, text: str, end: str) -> str:
    """The page with this text between the marks, instead of what stands there. ValueError where a mark is missing."""
    before, begins, rest = page.partition(begin)
    _, ends, after = rest.partition(end)
    if not (begins and ends):
        raise ValueError(f"the page has no place between {begin.strip()!r} and {end.strip()!r}")
    return f"{before}{begin}{text}{end}{after}"
