"""A probe and the fleet both see that the worker lives."""

from types import SimpleNamespace

import pytest

from shared.errors import StoreUnavailable
from shared.settings import Settings
from worker.presence import Presence


class Fleet:
    """Ends the worker with its first announcement."""

    def __init__(self, fails):
        self.fails, self.presence, self.announced = fails, None, []

    def announce(self, facts):
        self.presence.stop()
        self.announced.append(facts)
        if self.fails:
            raise StoreUnavailable("Redis is away")


def live(settings, *, fails=False):
    none = SimpleNamespace(present=lambda: (), resident=lambda: ())
    fleet = Fleet(fails)
    fleet.presence = Presence(fleet, SimpleNamespace(settings=settings, segmenters=none, upscalers=none))
    fleet.presence._run(("gpu.bulk",))
    return fleet.announced


@pytest.mark.parametrize("fails", [False, True], ids=["redis answers", "redis is away"])
def test_the_heartbeat_file_is_touched_whether_or_not_redis_answers(tmp_path, fails):
    file = tmp_path / "heartbeat"
    (facts,) = live(Settings(heartbeat_file=file), fails=fails)
    assert file.exists()
    assert facts.queues == ("gpu.bulk",)


def test_without_the_setting_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert live(Settings())
    assert not list(tmp_path.iterdir())
