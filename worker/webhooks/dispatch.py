"""Takes events out of the outbox and deliveries out of their rows, and hands them to a few threads.

Any number of senders may run: what is taken is leased, and a sender that dies loses its lease.
"""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Semaphore

import structlog
from pydantic import ValidationError

from shared.errors import NotFound, TransientError
from shared.events.deliveries import SCHEDULE_SECONDS, Attempt, DeliveryStore, Lanes, Outgoing, Verdict
from shared.events.endpoints import EndpointStore
from shared.events.signing import new_secret, signed_headers
from shared.urlguard import UrlRules
from worker.webhooks.payload import Payloads
from worker.webhooks.sending import Answer, post

_log = structlog.get_logger(__name__)

_POLL_SECONDS = 0.1
_EVENTS_AT_ONCE = 100
_GONE = 410
_JITTER = 0.2
_LONGEST_WAIT_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Courier:
    """Makes one delivery."""

    deliveries: DeliveryStore
    endpoints: EndpointStore
    payloads: Payloads
    rules: UrlRules
    seconds: float

    def carry(self, outgoing: Outgoing) -> None:
        """Try a delivery once, and record what came of it. Raises TransientError; then its lease expires."""
        delivery = outgoing.delivery
        try:
            body = self.payloads.body(delivery)
        except (NotFound, ValidationError):  # deleted since, or recorded by another version of the code
            gone = Answer(error="there is nothing to tell any more")
            self._report(outgoing, gone, Verdict.GIVEN_UP)
            return
        secrets = outgoing.secrets or (self.endpoints.own_secret(delivery.tenant, new_secret()),)
        headers = signed_headers(delivery.id, datetime.now(UTC), body, secrets)
        answer = post(outgoing.url, body, headers, self.rules, self.seconds)
        self._report(outgoing, answer, verdict_of(answer, outgoing.tries))

    def _report(self, outgoing: Outgoing, answer: Answer, verdict: Verdict) -> None:
        said = "" if answer.is_success else answer.error or f"the endpoint answered {answer.status_code}"
        attempt = Attempt(time.time(), answer.status_code, answer.latency_ms, answer.text, said)
        delay = delay_seconds(outgoing.tries, answer.retry_after_seconds) if verdict is Verdict.AGAIN else 0.0
        self.deliveries.report(outgoing, attempt, verdict, delay)
        _log.info(
            "delivery_tried",
            delivery_id=outgoing.delivery.id,
            endpoint_id=outgoing.delivery.endpoint_id,
            subject=outgoing.delivery.subject,
            status=answer.status_code,
            verdict=str(verdict),
            ms=answer.latency_ms,
        )


def verdict_of(answer: Answer, tries: int) -> Verdict:
    """What an answer means after so many failures before it."""
    if answer.is_success:
        return Verdict.DELIVERED
    if answer.status_code == _GONE:
        return Verdict.GONE
    return Verdict.AGAIN if tries < len(SCHEDULE_SECONDS) else Verdict.GIVEN_UP


def delay_seconds(tries: int, retry_after_seconds: float) -> float:
    """How long to wait after the failure that follows so many others; as long as the endpoint asks, if longer."""
    planned = SCHEDULE_SECONDS[tries] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 no secret
    return max(planned, min(retry_after_seconds, _LONGEST_WAIT_SECONDS))


class Dispatcher:
    """Keeps the threads busy with what is due."""

    def __init__(self, courier: Courier, threads: int) -> None:
        self._courier = courier
        self._deliveries = courier.deliveries
        self._lanes = Lanes(
            # Name resolution comes on top of the total time; so does a pause of the process.
            lease_seconds=2 * courier.seconds + 5,
            per_target=2,
            per_tenant=max(threads // 4, 2),
        )
        self._threads = threads
        self._free = Semaphore(threads)
        self._has_freed = Event()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="webhook")

    def run(self, stopped: Event) -> None:
        """Dispatch until told to stop; then what is under way is finished."""
        with self._pool:
            while not stopped.is_set():
                try:
                    self.dispatch()
                except TransientError as error:
                    _log.warning("dispatch_postponed", code=error.code)
                # A delivery that ends makes room for the next to its target: to poll for that, too, would be a limit
                # of twenty a second.
                self._has_freed.wait(_POLL_SECONDS)
                self._has_freed.clear()

    def dispatch(self) -> int:
        """Expand the outbox and start what is due; returns how many deliveries. Raises StoreUnavailable."""
        if not self._deliveries.is_due():
            return 0
        while self._deliveries.expand(_EVENTS_AT_ONCE) == _EVENTS_AT_ONCE:
            pass
        started = 0
        while taken := self._take():
            started += taken
        return started

    def _take(self) -> int:
        free = self._reserve()
        taken: list[Outgoing] = []
        try:
            taken = list(self._deliveries.take(free, self._lanes)) if free else []
        finally:
            for _ in range(free - len(taken)):
                self._free.release()
        for outgoing in taken:
            self._pool.submit(self._courier.carry, outgoing).add_done_callback(self._done)
        return len(taken)

    def _reserve(self) -> int:
        """As many threads as are free, kept for us."""
        free = 0
        while free < self._threads and self._free.acquire(blocking=False):
            free += 1
        return free

    def _done(self, future: "Future[None]") -> None:
        self._free.release()
        self._has_freed.set()
        error = future.exception()
        if isinstance(error, TransientError):
            _log.warning("delivery_postponed", code=error.code)
        elif error is not None:
            _log.error("delivery_crashed", exc_info=error)
