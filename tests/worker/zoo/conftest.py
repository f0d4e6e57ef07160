"""The web server, and a folder of weights that fetches from nowhere else."""

import pytest

from tests.worker.zoo.web import serving


@pytest.fixture(scope="module")
def web():
    with serving() as web:
        yield web
