"""A file that the operator already has, in `CUTROOM_MODEL_DIR`."""

from pathlib import Path

from shared.catalog import WeightSource
from worker.io.sources.source import SourceContext, SourceFailed


def fetch(source: WeightSource, folder: Path, context: SourceContext) -> Path:
    """Link the file into `folder` (a link: nothing is copied before its hash is known)."""
    if context.model_dir is None:
        raise SourceFailed("CUTROOM_MODEL_DIR is not set")
    found = context.model_dir / source.location
    if not found.is_file():
        raise SourceFailed(f"no {source.location} in CUTROOM_MODEL_DIR")
    link = folder / found.name
    link.symlink_to(found.resolve())
    return link
