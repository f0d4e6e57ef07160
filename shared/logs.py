"""Log lines: for a person at a console, or one JSON object each; with the ids of the request or task at hand.

`bind(request_id=…)` or `bind(job_id=…, stage=…)` puts fields on every line until `unbind()`, per thread and
request. What is logged are ids, counts and durations: never a header, a URL's query, or a setting's value.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

from shared.settings import Settings

# Libraries that tell their whole day at INFO.
_TALKATIVE = ("botocore", "boto3", "urllib3", "s3transfer", "httpx", "httpcore", "PIL")


def set_up_logs(settings: Settings) -> None:
    """Send this process's log, ours and the libraries', to standard error in the form that is set."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )  # fmt: skip
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings, shared))
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def bind(**fields: str) -> None:
    """Put these fields on every log line of this request or task."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind() -> None:
    """Forget all bound fields: the request or task is over."""
    structlog.contextvars.clear_contextvars()


def _formatter(settings: Settings, shared: list[Processor]) -> logging.Formatter:
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if settings.log_format == "json":
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        # Plain tracebacks: the pretty ones print local variables, which may hold secrets.
        plain = structlog.dev.plain_traceback
        last += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)
