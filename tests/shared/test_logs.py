"""Log lines."""

import errno
import io
import json
import logging
import sys

import pytest
import structlog

from shared import logs
from shared.settings import Settings


@pytest.fixture
def set_up():
    """Set up logs as a process would: without pytest's own handlers, which would be closed for good."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def set_up(**asked):
        root.handlers.clear()
        logs.set_up_logs(Settings(**asked))

    yield set_up
    root.handlers[:], root.level = before
    logs.unbind()
    structlog.reset_defaults()


@pytest.fixture
def lines(capsys):
    """What was logged so far, one dict per line."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object_with_the_bound_fields(set_up, lines):
    set_up(log_format="json")
    logs.bind(job_id="job_1", stage="segment")
    structlog.get_logger("worker").info("stage_done", ms=12)
    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "stage_done", "level": "info", "logger": "worker", "job_id": "job_1", "stage": "segment", "ms": 12,
    }  # fmt: skip


def test_what_is_unbound_is_forgotten(set_up, lines):
    set_up(log_format="json")
    logs.bind(job_id="job_1")
    logs.unbind()
    structlog.get_logger("worker").info("idle")
    assert "job_id" not in lines()[0]


def test_a_library_s_lines_carry_the_fields_too(set_up, lines):
    set_up(log_format="json")
    logs.bind(request_id="req_1")
    logging.getLogger("celery").warning("hm %s", "so")
    assert (lines()[0]) | {"timestamp": ""} == {
        "event": "hm so", "level": "warning", "logger": "celery", "request_id": "req_1", "timestamp": "",
    }  # fmt: skip


def test_a_traceback_is_one_field_and_shows_no_local_variables(set_up, lines):
    set_up(log_format="json")

    def fail():
        password = "hunter" + "2"  # in two pieces, or the source line itself would show it
        raise ValueError(len(password))

    try:
        fail()
    except ValueError as error:
        structlog.get_logger("x").error("bad", exc_info=error)
    [line] = lines()
    assert "ValueError: 7" in line["exception"]
    assert "hunter2" not in json.dumps(line)


def test_the_console_form_shows_no_local_variables_either(set_up, capsys):
    set_up(log_format="console")
    secret = "hunter" + "2"
    try:
        raise ValueError(len(secret))
    except ValueError as error:
        structlog.get_logger("x").error("bad", exc_info=error)
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert "hunter2" not in shown


def test_less_severe_lines_are_left_out(set_up, capsys):
    set_up(log_format="json", log_level="WARNING")
    structlog.get_logger("x").info("chatter")
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written_stops_no_work(set_up, monkeypatch):
    class FullDisk(io.StringIO):
        def write(self, _text):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", FullDisk())
    set_up(log_format="json")
    structlog.get_logger("x").info("lost")
