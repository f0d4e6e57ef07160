"""The API with a worker that answers at once with real pictures."""

import io
import zipfile
from dataclasses import replace

import pytest
from PIL import Image

from api.app import create_app
from shared.jobs.archive import JobQuery
from shared.jobs.results import OutputFile
from shared.storage.keys import output_key
from tests.api.working_queue import MODEL, WorkingQueue

BOX = (10, 5, 30, 25)
"""Left, top, right, bottom of the subject in every picture."""


class PictureQueue(WorkingQueue):
    """Makes results of the format asked for."""

    def _outputs(self, claim):
        output, job = claim.job.spec.output, claim.job
        size = (job.input.width, job.input.height)
        matte = Image.new("L", size)
        matte.paste(255, BOX)
        matte.paste(3, (0, 0, 2, 2))
        kinds = {"png": png, "jpeg": jpeg, "webp": webp, "zip": archive}
        made = {"image": kinds[output.format](matte), "matte": (to_bytes(matte, "PNG"), "image/png")}
        return tuple(self._stored(job, name, *made[name]) for name in made)

    def _stored(self, job, name, data, content_type):
        key = output_key(job.tenant, job.id, name, "0123456789abcdef", "bin")
        self.objects.put(key, io.BytesIO(data), content_type=content_type)
        return OutputFile(
            name=name, model=MODEL.name, key=key, content_type=content_type, width=job.input.width,
            height=job.input.height, bytes=len(data), sha256="ab",
        )  # fmt: skip


def to_bytes(image, kind):
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def cut_out(matte):
    image = Image.new("RGBA", matte.size, "#c0ffee")
    image.putalpha(matte)
    return image


def png(matte):
    return to_bytes(cut_out(matte), "PNG"), "image/png"


def webp(matte):
    return to_bytes(cut_out(matte), "WEBP"), "image/webp"


def jpeg(matte):
    return to_bytes(cut_out(matte).convert("RGB"), "JPEG"), "image/jpeg"


def archive(matte):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("color.png", to_bytes(cut_out(matte).convert("RGB"), "PNG"))
        made.writestr("alpha.png", to_bytes(matte, "PNG"))
    return stream.getvalue(), "application/zip"


@pytest.fixture
def working_queue(deps, objects):
    queue = PictureQueue(deps.jobs)
    queue.objects = objects
    return queue


@pytest.fixture
def busy_deps(deps, working_queue):
    return replace(deps, queue=working_queue)


@pytest.fixture
def client(busy_deps):
    """Somebody who knows remove.bg, without a key."""
    return create_app(busy_deps.settings, busy_deps).test_client()


@pytest.fixture
def last_spec(busy_deps):
    """The specification of the newest job."""

    def spec():
        return busy_deps.archive.page(JobQuery("local", 1)).jobs[0].spec

    return spec
