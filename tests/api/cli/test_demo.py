"""`cutroom demo`: what is wrong is said before anything starts."""

import pytest
from click.testing import CliRunner

from api.cli import demo
from tests.api.pictures import encoded


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch):
    monkeypatch.setattr(demo, "running_stack", lambda: pytest.fail("the service was started"))


def test_an_unknown_effect_is_said_at_once(photo):
    result = CliRunner().invoke(demo.command, [str(photo), "--effects", "sparkle"])
    assert (result.exit_code, "drop_shadow" in result.output) == (2, True)


def test_a_result_does_not_replace_the_photo(photo, tmp_path):
    result = CliRunner().invoke(demo.command, [str(photo), "-o", str(tmp_path)])
    assert (result.exit_code, photo.read_bytes()) == (2, encoded())


def test_a_sample_that_cannot_be_kept_is_a_sentence():
    result = CliRunner().invoke(demo.command, env={"CUTROOM_DATA_DIR": "/proc/nowhere"})
    assert (result.exit_code, "PHOTO" in result.output) == (1, True)
