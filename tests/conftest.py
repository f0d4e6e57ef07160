"""What every test finds: no setting of the person at the keyboard, a Redis that lives in this process, and the
photos where there are any."""

import os
from collections.abc import Iterator
from pathlib import Path

import fakeredis
import pytest

for _name in [name for name in os.environ if name.startswith("CUTROOM_")]:
    del os.environ[_name]

_SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_pairs() -> Path:
    """Real photos with ground truth, which may not be committed; skips plainly where they are not."""
    pairs = _SHARED / "data" / "pairs"
    if not pairs.is_dir():
        pytest.skip("the evaluation photos (../shared/data/pairs) are not on this machine")
    return pairs


@pytest.fixture
def redis_server() -> fakeredis.FakeServer:
    """Set `connected = False`, and Redis is down."""
    return fakeredis.FakeServer()


@pytest.fixture
def redis(redis_server: fakeredis.FakeServer) -> Iterator[fakeredis.FakeRedis]:
    """A client of it."""
    with fakeredis.FakeRedis(server=redis_server, decode_responses=True) as connection:
        yield connection
