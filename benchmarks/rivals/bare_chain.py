"""Two Celery tasks in a row that do nothing: the least that a chain of two costs on the same Redis.

celery --app benchmarks.rivals.bare_chain worker
"""

import os

from celery import Celery, chain
from redis import Redis

DONE = "bare_chain_done"
QUEUE = "bare"

_url = os.environ.get("BARE_CHAIN_URL", "redis://127.0.0.1:6379/3")
app = Celery("bare_chain", broker=_url)
# As durable as ours: a message is acknowledged when its task is done. Otherwise as Celery comes.
app.conf.update(
    task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1, task_default_queue=QUEUE,
    worker_pool="threads", worker_concurrency=4,
)  # fmt: skip
_redis = Redis.from_url(_url)


@app.task
def first() -> None:
    """Nothing."""


@app.task
def second() -> None:
    """Nothing but to say that it is done."""
    _redis.incr(DONE)


def submit() -> None:
    """One chain."""
    chain(first.si(), second.si()).apply_async()
