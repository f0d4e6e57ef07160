"""Photos for calibration: which are taken, which are held back, what happens to what is none."""

import numpy as np
import pytest

from shared.errors import InvalidSpec
from shared.limits import picture_limits
from shared.settings import Settings
from worker.quantizing.photos import LEAST_PHOTOS, read_photos

LIMITS = picture_limits(Settings())


def prepare(rgb):
    return rgb[None]


def test_every_fourth_is_held_back_and_none_is_used_twice(folder):
    told = []
    read = read_photos(folder, 80, prepare, LIMITS, lambda *step: told.append(step))
    assert (len(read.calibration), len(read.held_back), read.unreadable) == (12, 4, ())
    assert len({batch.tobytes() for batch in read.calibration + read.held_back}) == 16
    assert told[-1] == (16, 16)


def test_no_more_are_read_than_asked_for_and_always_the_same(folder):
    one, other = (read_photos(folder, 12, prepare, LIMITS) for _ in range(2))
    assert len(one.calibration) + len(one.held_back) == 12
    assert one.sha256 == other.sha256
    assert one.sha256 != read_photos(folder, 16, prepare, LIMITS).sha256


def test_what_cannot_be_read_is_named_and_others_take_its_place(folder):
    (folder / "notes.txt").write_text("no picture")
    (folder / "torn.png").write_bytes((folder / "9.png").read_bytes()[:99])
    (folder / ".hidden.png").write_bytes(b"not looked at")
    read = read_photos(folder, 80, prepare, LIMITS)
    assert sorted(read.unreadable) == ["notes.txt", "torn.png"]
    assert len(read.calibration) + len(read.held_back) == 16


def test_too_few_are_refused_with_how_many_there_are(folder):
    for file in sorted(folder.rglob("*.png"))[LEAST_PHOTOS - 1 :]:
        file.write_text("no longer a picture")
    with pytest.raises(InvalidSpec, match=f"{LEAST_PHOTOS - 1} of the 16 files .* at least {LEAST_PHOTOS}"):
        read_photos(folder, 80, prepare, LIMITS)


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(InvalidSpec, match="holds no files"):
        read_photos(tmp_path, 80, prepare, LIMITS)


def test_what_goes_in_is_what_the_network_is_given(folder):
    read = read_photos(folder, 80, lambda rgb: np.zeros((1, 2, 2, 3), np.uint8), LIMITS)
    assert {batch.shape for batch in read.calibration} == {(1, 2, 2, 3)}
