"""A client of the API, without a socket between them."""

import httpx
import pytest

from api.app import create_app
from api.client.client import CutroomClient


@pytest.fixture
def cutroom(deps):
    """A client of an API that does no work."""
    with CutroomClient("http://x", transport=httpx.WSGITransport(create_app(deps.settings, deps))) as client:
        yield client
