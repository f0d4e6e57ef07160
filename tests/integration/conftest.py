"""One installation for each test that asks for it."""

import io

import pytest
from PIL import Image, ImageDraw

from tests.integration.stack import Stack


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path)
    try:
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A bright disc on a dark ground, as a PNG."""
    image = Image.new("RGB", (320, 240), (20, 30, 60))
    ImageDraw.Draw(image).ellipse((80, 40, 240, 200), fill=(250, 220, 40))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
