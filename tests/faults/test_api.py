"""An API that dies while it takes a job in."""

import socket
import threading

import httpx
import pytest

from tests.faults.load import KINDS, photo
from tests.integration.stack import until

pytestmark = pytest.mark.integration


def test_kill_9_in_the_middle_of_an_upload(load, installation, survived):
    load.submit().spread()
    before = set(installation.store_ids())
    drafts = installation.drafts()
    with socket.create_connection(("127.0.0.1", installation.port)) as client:
        head = "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        client.sendall(f"{head}Content-Length: 100000\r\n\r\n{part}".encode() + photo(KINDS[0])[:100])
        installation.kill("web")
    load.restart_clock()
    until(lambda: installation.http.get("/readyz").status_code == 200, 30, "the API to come back")
    assert set(installation.store_ids()) == before
    survived(load, "API killed in the middle of an upload")
    assert installation.drafts() <= drafts


def test_kill_9_between_record_and_ring(load, installation, survived):
    """The client hears nothing, yet the job is there: a client that repeats the request has two jobs or one."""
    load.submit().spread()
    before = set(installation.store_ids())
    installation.points.arm("created", "die")

    def post():
        with pytest.raises(httpx.HTTPError):
            installation.submit(photo(KINDS[0]), {})

    thread = threading.Thread(target=post)
    thread.start()
    thread.join(15)
    [orphan] = set(installation.store_ids()) - before
    load.kinds[orphan] = KINDS[0]
    load.restart_clock()
    survived(load, "API killed between record and message")
