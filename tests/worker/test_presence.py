"""A probe and the fleet both see that the worker lives."""

from types import SimpleNamespace

import pytest

from shared.errors import StoreUnavailable
from shared.settings import Settings
from worker.presence import Presence


class Fleet:
    def __init__(self, fails):
        self.fails, self.announced = fails, []

    def announce(self, facts):
        self.announced.append(facts)
        if self.fails:
            raise StoreUnavailable("Redis is away")


def live(settings, *, fails=False, stopping=False):
    none = SimpleNamespace(present=lambda: (), resident=lambda parked=False: ())
    fleet = Fleet(fails)
    shelves = dict.fromkeys(("segmenters", "matting", "upscalers"), none)
    presence = Presence(SimpleNamespace(settings=settings, fleet=fleet, **shelves))
    if stopping:
        presence.stop()
    presence.beat(("gpu.bulk",))
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


def test_a_worker_that_ends_its_last_stages_is_alive_to_the_probe_but_takes_no_more(tmp_path):
    file = tmp_path / "heartbeat"
    assert not live(Settings(heartbeat_file=file), stopping=True)
    assert file.exists()
