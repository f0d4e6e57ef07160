"""Result files into storage."""

import hashlib
import io

from shared.jobs.job import Job
from shared.jobs.results import OutputFile
from shared.storage import keys
from worker.deps import Deps
from worker.imaging.encode import Encoded


def store_output(job: Job, name: str, encoded: Encoded, deps: Deps, *, of_all: bool = False) -> OutputFile:
    """Store a file under the name of its output; `of_all`: no one model made it."""
    sha256 = hashlib.sha256(encoded.data).hexdigest()
    safe_name = name.replace(".", "-")  # the models of a comparison may have a dot in theirs
    key = keys.output_key(job.tenant, job.id, safe_name, sha256[:16], encoded.extension)
    deps.objects.put(key, io.BytesIO(encoded.data), content_type=encoded.content_type)
    return OutputFile(
        name=name,
        model="" if of_all else job.models[0].name,
        key=key,
        content_type=encoded.content_type,
        width=encoded.width,
        height=encoded.height,
        bytes=len(encoded.data),
        sha256=sha256,
    )
