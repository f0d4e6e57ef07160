"""Uploads over a real socket that end before they should, or do not end."""

import socket
import time

import pytest

from tests.api.pictures import encoded

HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"


def request_head(*headers: str) -> bytes:
    lines = ["POST /v1/jobs HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=x", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def exchange(address, content: bytes) -> bytes:
    """Send, say that no more comes, and read the answer."""
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def test_a_whole_upload_is_a_job(address, stored_keys):
    body = HEAD + encoded() + TAIL
    assert b" 202 " in exchange(address, request_head(f"Content-Length: {len(body)}") + body)
    assert len(stored_keys()) == 1


def test_a_whole_upload_in_chunks_is_a_job(address, stored_keys):
    body = (
        request_head("Transfer-Encoding: chunked") + chunked(HEAD) + chunked(encoded() + TAIL) + b"0\r\n\r\n"
    )
    assert b" 202 " in exchange(address, body)
    assert len(stored_keys()) == 1


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_one_cut_off_half_way_leaves_neither_job_nor_object(address, stored_keys, redis, kept, is_chunked):
    body = HEAD + encoded("BMP", (400, 300)) + TAIL
    sent = body[: int(len(body) * kept)]
    if is_chunked:
        answer = exchange(address, request_head("Transfer-Encoding: chunked") + chunked(sent))
    else:
        answer = exchange(address, request_head(f"Content-Length: {len(body)}") + sent)
    assert b" 400 " in answer
    assert stored_keys() == []
    assert redis.keys("job:*") == []


def test_a_client_that_vanishes_leaves_nothing_either(address, stored_keys, redis):
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(request_head("Content-Length: 1000000") + HEAD + encoded()[:50])
    time.sleep(0.2)
    assert stored_keys() == []
    assert redis.keys("job:*") == []


def test_a_chunked_body_over_the_limit_is_refused_as_too_large(address, settings):
    over = b"\0" * (settings.max_bytes + 300_000)
    body = chunked(HEAD) + chunked(over) + chunked(TAIL) + b"0\r\n\r\n"
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(request_head("Transfer-Encoding: chunked") + body)
        assert b" 413 " in connection.recv(65536)
