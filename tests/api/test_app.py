"""Composition of the web process."""

import pytest

from api.app import create_app
from shared.errors import SettingsInvalid
from shared.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_nobody_is_let_in_from_outside_unasked(host):
    with pytest.raises(SettingsInvalid, match="CUTROOM_ALLOW_ANONYMOUS"):
        create_app(Settings(host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_fine(host, deps):
    create_app(Settings(host=host), deps)


def test_whoever_says_so_may_open_it(deps):
    create_app(Settings(host="0.0.0.0", allow_anonymous=True), deps)


def test_the_real_ports_are_opened_without_connecting(tmp_path):
    create_app(
        Settings(data_dir=tmp_path, redis_url="redis://127.0.0.1:1/0", broker_url="redis://127.0.0.1:1/1")
    )
