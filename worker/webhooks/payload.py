"""What a delivery says: what a GET of the same resource answers at that moment, so that its URLs are fresh."""

import json
from dataclasses import dataclass
from typing import Any

from shared.batches.store import BatchStore
from shared.events.deliveries import Delivery
from shared.events.endpoints import EndpointStore
from shared.jobs.results import OutputFile
from shared.jobs.store import JobStore
from shared.settings import Settings
from shared.spec.webhook import EventType
from shared.storage.port import ObjectStore
from shared.views.base import View
from shared.views.batch import batch_view
from shared.views.job import job_view, signed_url
from shared.views.outlook import outlook_of
from shared.views.webhook import delivery_view, endpoint_view

MAX_BODY_BYTES = 20_000
"""What the specification of Standard Webhooks asks for."""


_FEW_ERRORS = 20

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Payloads:
    """Where the resources are found."""

    settings: Settings
    jobs: JobStore
    batches: BatchStore
    endpoints: EndpointStore
    objects: ObjectStore

    def body(self, delivery: Delivery) -> str:
        """The body to send. Raises NotFound when the resource is gone."""
        data = self._resource(delivery).model_dump(mode="json")
        timestamp = delivery_view(delivery).model_dump(mode="json")["timestamp"]
        document = {"type": delivery.type, "timestamp": timestamp, "data": data}
        text = _json(document)
        if len(text.encode()) <= MAX_BODY_BYTES:
            return text
        return _json({**document, "data": _shortened(data)})

    def _resource(self, delivery: Delivery) -> View:
        if delivery.type is EventType.WEBHOOK_TEST:
            return endpoint_view(self.endpoints.get(delivery.subject))
        if delivery.type is EventType.BATCH_COMPLETED:
            return batch_view(self.batches.get(delivery.subject), self.settings)
        return self._job(delivery.subject)

    def _job(self, job_id: str) -> View:
        job = self.jobs.get(job_id)

        def url_of(file: OutputFile) -> str:
            return signed_url(self.objects, self.settings, job.id, file)

        return job_view(job, outlook_of(self.jobs, job), self.settings, url_of)


def _shortened(data: Json) -> Json:
    """Without what its reader has already, a long specification, or can look up, a long list of bad lines."""
    if "spec" in data:
        return {**data, "spec": None}
    return {**data, "errors": data["errors"][:_FEW_ERRORS]} if "errors" in data else data


def _json(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
