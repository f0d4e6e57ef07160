"""Log lines: for a person at a console, or one JSON object each; with the ids of the request or task at hand.

`bind(request_id=…)` or `bind(job_id=…, stage=…)` puts fields on every line until `unbind()`, per thread and
request. What is logged are ids, counts and durations: never a header, a URL's query, or a setting's value.
"""

import logging
import sys
from dataclasses import dataclass
from typing import TextIO

import structlog
from structlog.typing import Processor

from shared.settings import Settings

# Libraries that tell their whole day at INFO.
_TALKATIVE = ("botocore", "boto3", "urllib3", "s3transfer", "httpx", "httpcore", "PIL")


@dataclass(frozen=True, slots=True)
class _Lines:
    """Writes our own lines where `beside` writes those of libraries."""

    name: str
    beside: "logging.StreamHandler[TextIO]"

    def msg(self, line: str) -> None:
        self.beside.acquire()
        try:
            self.beside.stream.write(line + "\n")
            self.beside.flush()
        except (OSError, ValueError):
            pass  # a full disk behind the log, or nobody who reads it, stops no work
        finally:
            self.beside.release()

    debug = info = warning = error = critical = msg


def set_up_logs(settings: Settings) -> None:
    """Send this process's log, ours and the libraries', to standard error in the form that is set."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    rendered, handler = _rendered(settings), logging.StreamHandler(sys.stderr)
    # Our own lines go out as they are: by way of the standard library each cost about twice as much.
    structlog.configure(
        processors=[*shared, *rendered],
        logger_factory=lambda name="": _Lines(name, handler),
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=False,
    )
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[without_record, *rendered])
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def bind(**fields: str) -> None:
    """Put these fields on every log line of this request or task."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind() -> None:
    """Forget all bound fields: the request or task is over."""
    structlog.contextvars.clear_contextvars()


def _rendered(settings: Settings) -> list[Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Plain tracebacks: the pretty ones print local variables, which may hold secrets.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
