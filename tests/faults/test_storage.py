"""Storage that fills up, answers with errors, late, or half; on disk and behind a real S3 server."""

import time

import boto3
import pytest

from tests.faults.conftest import undisturbed
from tests.faults.installation import Installation
from tests.faults.load import KINDS, Load, photo
from tests.faults.proxy import FaultyProxy
from tests.integration.stack import until
from tests.integration.swift import server as swift_server
from tests.integration.swift.server import swift  # noqa: F401  a fixture

pytestmark = pytest.mark.integration


def test_the_disk_is_full(load, installation, survived, is_full):
    drafts = installation.drafts()
    load.submit().spread()
    installation.points.arm("full", "")
    load.restart_clock()
    until(lambda: installation.http.get("/readyz").status_code == 503, 10, "readyz to tell the truth")
    answer = installation.http.post("/v1/jobs", files={"image": ("photo.png", photo(KINDS[0]))})
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    time.sleep(1)
    installation.points.disarm("full")
    load.restart_clock()
    survived(load, "disk full", seconds=60)
    assert installation.drafts() <= drafts


@pytest.fixture(scope="module")
def before_swift(swift, tmp_path_factory, pictures):  # noqa: F811
    """An installation whose storage is Swift behind a proxy; and what its jobs come to."""
    port = int(swift.endpoint_url.rpartition(":")[2])
    with FaultyProxy(port, seed=4) as proxy:
        access = {
            "CUTROOM_STORAGE_URL": f"s3://{swift_server.BUCKET}-faults",
            "CUTROOM_S3_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}",
            "CUTROOM_S3_ACCESS_KEY_ID": swift_server.ACCESS_KEY,
            "CUTROOM_S3_SECRET_ACCESS_KEY": swift_server.SECRET_KEY,
        }
        client = boto3.client(
            "s3", endpoint_url=swift.endpoint_url, region_name="us-east-1",
            aws_access_key_id=swift_server.ACCESS_KEY, aws_secret_access_key=swift_server.SECRET_KEY,
        )  # fmt: skip
        client.create_bucket(Bucket=f"{swift_server.BUCKET}-faults")
        client.close()
        folder = tmp_path_factory.mktemp("faults-s3")
        with Installation(folder, pictures, **access).running() as installation:
            yield installation, proxy, undisturbed(installation)


@pytest.mark.parametrize("how", ["refused", "slow", "half", "reset"])
def test_s3_answers_wrongly_and_heals(before_swift, results, how, is_full):
    installation, proxy, expected = before_swift
    installation.healthy()
    load = Load(installation, 6, expected)
    load.submit().spread()
    broken = proxy.broken
    proxy.break_requests(1.0, how)
    load.restart_clock()
    time.sleep(10 if is_full else 3)
    assert proxy.broken > broken
    proxy.break_requests(0)
    load.restart_clock()
    verdict = load.verdict(120)
    results.add(f"S3: {how}", verdict)
    assert verdict.is_clean, verdict.in_full()
    installation.settled()
