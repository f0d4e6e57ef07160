"""Lines out of a stream: each on its own, none able to hurt the others."""

import io
import json
import time
import tracemalloc
from unittest.mock import patch

import pytest
from werkzeug.exceptions import ClientDisconnected

from api.batches.lines import MAX_LINE_BYTES, LineReader, read_defaults, split_lines
from shared.errors import InvalidForm, InvalidSpec

URL = "https://example.com/a.png"
GOOD = {"input": {"url": URL}}


@pytest.fixture
def read(deps):
    def read(*lines, defaults=None):
        texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        stream = io.BytesIO(b"\n".join(texts) + b"\n")
        return list(LineReader(deps, "local", defaults or {}).from_text(split_lines(stream)))

    return read


def codes(lines):
    return [line.problem.code if line.problem else None for line in lines]


def test_lines_are_split_wherever_chunks_end():
    text = b"".join(b"%d" % number * (number % 50) + b"\n" for number in range(10_000))
    wanted = [line for line in text.split(b"\n") if line]

    class Trickle(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(min(size, 777))

    assert [line for line in split_lines(Trickle(text)) if line] == wanted


def test_empty_lines_count_except_at_the_end():
    assert list(split_lines(io.BytesIO(b"a\n\n \nb\n\n\n"))) == [b"a", b"", b"", b"b"]
    assert list(split_lines(io.BytesIO(b"\n\n"))) == []
    assert list(split_lines(io.BytesIO(b""))) == []


def test_a_line_of_100_megabytes_is_not_held():
    class Endless(io.RawIOBase):
        left = 100_000_000

        def read(self, size=-1, /):
            if self.left <= 0:
                return b""
            self.left -= size
            return b"x" * size if self.left > 0 else b"x\nnext"

    tracemalloc.start()
    assert list(split_lines(Endless())) == [None, b"next"]
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_stream_that_is_cut_off_is_refused():
    class Cut(io.RawIOBase):
        def read(self, size=-1, /):
            raise ClientDisconnected

    with pytest.raises(InvalidForm):
        list(split_lines(Cut()))


def test_each_mistake_has_its_code_and_the_others_go_on(read):
    lines = read(
        GOOD | {"custom_id": "one"},
        b"{not json",
        b"[1]",
        b"",
        "{}".encode("utf-16"),
        b'{"input": {"url": "https://ex\xff"}}',
        b"x" * (MAX_LINE_BYTES + 1),
        GOOD | {"colour": 1},
        GOOD | {"custom_id": "one"},
        GOOD | {"custom_id": 7},
        {},
        {"input": {"url": "https://127.0.0.1/"}},
        {"input": {"upload_id": "upl_" + "0" * 26}},
        b'{"input": {"url": "' + URL.encode() + b'"}, "upscale": {"scale": NaN}}',
        GOOD,
    )
    assert codes(lines) == [
        None, "invalid_json", "invalid_json", "empty_line", "invalid_encoding", "invalid_encoding",
        "line_too_long", "invalid_spec", "duplicate_custom_id", "invalid_custom_id", "invalid_spec",
        "url_not_allowed", "not_found", "invalid_json", None,
    ]  # fmt: skip
    assert [line.number for line in lines] == list(range(1, 16))
    assert "/colour" in lines[7].problem.detail


def test_a_byte_order_mark_and_windows_ends_do_no_harm(read):
    assert codes(read(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r")) == [None]


def test_a_line_overrides_the_defaults_and_is_bulk(read):
    [line, other] = read(
        GOOD | {"model": "imgly-small", "priority": "interactive"},
        GOOD,
        defaults={"model": "imgly-medium", "effects": [{"type": "outline"}]},
    )
    assert (line.spec.model, line.spec.priority, len(line.spec.effects)) == ("imgly-small", "bulk", 1)
    assert other.spec.model == "imgly-medium"


def test_uploads_last_until_their_lines_have_had_their_turn(client, read, redis):
    ids = [
        client.post("/v1/uploads", json={"content_type": "image/png", "bytes": 9}).json["id"]
        for _ in range(2)
    ]
    effects = [{"type": "background", "image": {"upload_id": ids[1]}}]
    lines = read({"input": {"upload_id": ids[0]}}, GOOD, defaults={"effects": effects})
    assert codes(lines) == [None, None]
    assert all(redis.zscore("uploads", upload_id) > time.time() + 6 * 86_400 for upload_id in ids)
    redis.delete(f"upload:{ids[1]}")
    assert codes(read(GOOD, defaults={"effects": effects})) == ["not_found"]


@pytest.mark.parametrize("defaults", [{"input": {"url": URL}}, {"colour": 1}, {"model": "no"}])
def test_defaults_that_hold_for_no_line_are_refused(defaults):
    with pytest.raises(InvalidSpec):
        read_defaults(defaults)


class TestWebhooks:
    """Where the lines' own webhooks lead is looked up, but not fifty thousand times."""

    @pytest.fixture
    def asked(self):
        """The hosts that were looked up; all are inside whose names say so."""
        hosts = []

        def resolve(host, *_args, **_named):
            hosts.append(host)
            return [(2, 1, 6, "", ("10.0.0.1" if host.startswith("inside") else "93.184.216.34", 443))]

        with patch("socket.getaddrinfo", resolve):
            yield hosts

    def test_one_that_leads_inside_is_the_line_s_mistake(self, read, asked):
        inside, outside = (
            GOOD | {"webhook": {"url": f"https://{one}.example/"}} for one in ("inside", "out")
        )
        found = codes(read(inside, outside, GOOD, inside, outside))
        assert found == ["url_not_allowed", None, None, "url_not_allowed", None]
        assert asked == ["inside.example", "out.example"]

    def test_only_so_many_are_looked_up(self, read, asked):
        lines = [GOOD | {"webhook": {"url": f"https://h{number}.example/"}} for number in range(300)]
        assert set(codes(read(*lines))) == {None}
        assert len(asked) == 20
