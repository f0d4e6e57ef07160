"""A file on a web server."""

from pathlib import Path

from shared.catalog import WeightSource
from worker.io.sources.source import SourceContext, download


def fetch(source: WeightSource, folder: Path, context: SourceContext) -> Path:
    """Download the file, following redirects."""
    return download(source.location, folder / "download", context.progress)
