"""How gunicorn serves the API: threads, since a request mostly waits for Redis, storage or the client's upload."""
# ruff: noqa: N999 the name is gunicorn's custom

from shared import heap
from shared.settings import load_settings

heap.keep_one()  # else each thread's grows to the largest upload that it has met
_settings = load_settings()
_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host

bind = f"{_host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.api_processes
threads = 16
# For a worker that hangs, not for a slow client: gthread's heartbeat goes on while a thread waits.
timeout = 60
# Longer than most proxies keep an idle connection, so that the proxy is never the one surprised.
keepalive = 75
graceful_timeout = 20
# The most that it takes: the `defaults` of a batch stand in its URL.
limit_request_line = 8190
# One line per request comes from api/requests.py; gunicorn only speaks up when something is wrong.
accesslog = None
loglevel = "warning"
