"""Where a job's picture comes from, when it was not posted with the job."""

import hashlib
import io

import pytest

from shared.errors import DownloadFailed, SourceUnreachable, UnsupportedFormat
from shared.jobs.job import Claim
from shared.spec.job import JobSpec
from worker.tasks import ingest

UPLOAD = "upl_" + "0" * 26
KEY = f"t/local/{UPLOAD}/input"


@pytest.fixture
def ingested(deps):
    """What the stage makes of a job with this source."""

    def ingested(tenant="local", **source):
        spec = JobSpec.model_validate({"input": source})
        (ring,) = deps.jobs.create("job_2", tenant, spec, None, "").rings
        claim = deps.jobs.claim(ring.step)
        assert isinstance(claim, Claim)
        return ingest.run(claim.job, claim.step, deps, lambda _fraction: None).input

    return ingested


@pytest.fixture
def first(deps, submit, disc):
    """A job whose picture is there; its id has the form that a specification asks for."""
    submit(disc)
    job = deps.jobs.get("job_1")
    job_id = "job_" + "1" * 26
    deps.jobs.create(job_id, "local", job.spec, job.posted_input, "")
    return deps.jobs.get(job_id)


def test_an_upload_is_copied(deps, ingested, first):
    picture = deps.objects.open(first.input.key).read()
    deps.objects.put(KEY, io.BytesIO(picture), content_type="image/png")
    facts = ingested(upload_id=UPLOAD)
    assert (facts.width, facts.height, facts.bytes) == (80, 60, len(picture))
    assert facts.sha256 == hashlib.sha256(picture).hexdigest()
    deps.objects.delete(KEY)
    assert deps.objects.open(facts.key).read() == picture


def test_an_upload_that_is_gone(ingested):
    with pytest.raises(DownloadFailed):
        ingested(upload_id=UPLOAD)


def test_an_upload_that_is_no_picture(deps, ingested):
    deps.objects.put(KEY, io.BytesIO(b"no picture at all"), content_type="image/png")
    with pytest.raises(UnsupportedFormat):
        ingested(upload_id=UPLOAD)


def test_another_tenant_s_upload_is_not_found(deps, ingested, first):
    deps.objects.put(KEY, deps.objects.open(first.input.key), content_type="image/png")
    with pytest.raises(DownloadFailed):
        ingested("other", upload_id=UPLOAD)


def test_the_picture_of_another_job_is_copied(deps, ingested, first):
    facts = ingested(job_id=first.id)
    assert facts.key != first.input.key
    assert deps.objects.open(facts.key).read() == deps.objects.open(first.input.key).read()


def test_another_tenant_s_job_is_not_found(ingested, first):
    with pytest.raises(DownloadFailed):
        ingested("other", job_id=first.id)


def test_a_job_that_never_was(ingested):
    with pytest.raises(DownloadFailed):
        ingested(job_id="job_" + "9" * 26)


def test_a_job_that_has_no_picture_yet(deps, ingested):
    waiting = "job_" + "3" * 26
    deps.jobs.create(
        waiting, "local", JobSpec.model_validate({"input": {"url": "https://example.com/a"}}), None, ""
    )
    with pytest.raises(SourceUnreachable):
        ingested(job_id=waiting)
