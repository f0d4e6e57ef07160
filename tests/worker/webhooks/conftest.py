"""A receiver on the loopback, and rules that let it be called."""

from collections.abc import Iterator

import pytest

from shared.urlguard import UrlRules
from tests.worker.webhooks.receiver import Receiver

LOOPBACK = UrlRules(allowlist=("127.0.0.1",))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
