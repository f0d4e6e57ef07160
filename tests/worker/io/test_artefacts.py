"""What stages hand to each other stays in memory while it fits, and is nobody's to change."""

import io

import numpy as np
import pytest
from PIL import Image

from shared.errors import NotFound
from shared.limits import picture_limits
from shared.settings import Settings
from shared.storage.memory import MemoryObjectStore
from worker.imaging.types import Cutout
from worker.io.artefacts import Artefacts

SIDE = 10
MATTE_BYTES = SIDE * SIDE


@pytest.fixture
def objects():
    return MemoryObjectStore()


@pytest.fixture
def artefacts(objects):
    return Artefacts(objects, picture_limits(Settings()), 3 * MATTE_BYTES)


def matte(value=0):
    return np.full((SIDE, SIDE), value, np.uint8)


def forgotten(key, objects, artefacts):
    """Whether it has to be read from storage again."""
    objects.delete(key)
    try:
        artefacts.matte(key)
    except NotFound:
        return True
    return False


def test_what_was_handed_in_comes_back_without_storage(objects, artefacts):
    given = matte(7)
    artefacts.keep_matte("a", given)
    objects.delete("a")
    assert artefacts.matte("a") is given


def test_the_least_recently_used_leaves_first(objects, artefacts):
    for key in "abc":
        artefacts.keep_matte(key, matte())
    artefacts.matte("a")
    artefacts.keep_matte("d", matte())
    assert [forgotten(key, objects, artefacts) for key in "abcd"] == [False, True, False, False]


def test_what_replaces_itself_pushes_nothing_out(objects, artefacts):
    artefacts.keep_matte("a", matte())
    for value in range(9):
        artefacts.keep_matte("b", matte(value))
    assert artefacts.matte("b")[0, 0] == 8
    assert not forgotten("a", objects, artefacts)


def test_what_is_larger_than_all_room_takes_none(objects, artefacts):
    large = Cutout.of(np.zeros((SIDE, SIDE, 3), np.uint8), matte())
    assert artefacts.once("large", lambda: large) is large
    artefacts.keep_matte("a", matte())
    assert not forgotten("a", objects, artefacts)
    again = Cutout.of(np.zeros((SIDE, SIDE, 3), np.uint8), matte())
    assert artefacts.once("large", lambda: again) is again


def test_nobody_writes_into_what_another_may_hold(objects):
    artefacts = Artefacts(objects, picture_limits(Settings()), 1_000_000)
    buffer = io.BytesIO()
    Image.new("RGBA", (SIDE, SIDE)).save(buffer, "PNG")
    objects.put("photo", io.BytesIO(buffer.getvalue()), content_type="image/png")
    made = Cutout.of(np.zeros((SIDE, SIDE, 3), np.uint8), matte())
    given = matte()
    artefacts.keep_matte("matte", given)
    photo, cutout = artefacts.photo("photo"), artefacts.once("cutout", lambda: made)
    for pixels in (photo.rgb, photo.alpha, given, artefacts.matte("matte"), cutout.rgb, cutout.alpha):
        with pytest.raises(ValueError, match="read-only"):
            pixels[0, 0] = 1
