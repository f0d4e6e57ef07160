"""A file on a web server."""

from pathlib import Path

import httpx

from shared.catalog import WeightSource
from worker.io.sources.source import SourceContext, SourceFailed


def fetch(source: WeightSource, folder: Path, context: SourceContext) -> Path:
    """Download the file, following redirects."""
    target = folder / "download"
    try:
        with (
            httpx.stream("GET", source.location, follow_redirects=True, timeout=30) as answer,
            target.open("wb") as out,
        ):
            answer.raise_for_status()
            total = int(answer.headers.get("Content-Length", 0)) or None
            for block in answer.iter_bytes(1 << 20):
                out.write(block)
                context.progress(out.tell(), total)
    except httpx.HTTPError as error:
        raise SourceFailed(f"{type(error).__name__}: {error}"[:200]) from error
    return target
