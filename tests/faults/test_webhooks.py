"""Nobody who asked is left out, and nobody is told what is not so: every fault checks it, these aim at it."""

import time

import pytest

pytestmark = pytest.mark.integration


def test_the_sender_dies_again_and_again(load, installation, survived):
    load.submit().spread()
    with installation.supervisor.leaving("webhooks"):
        for _ in range(4):
            installation.kill("webhooks")
            installation.start("webhooks")
            time.sleep(0.7)
    load.restart_clock()
    survived(load, "sender of webhooks killed")


def test_the_receiver_is_down(load, installation, survived, is_full):
    load.submit().spread()
    installation.listener.is_down.set()
    try:
        time.sleep(10 if is_full else 1)
    finally:
        installation.listener.is_down.clear()
    load.restart_clock()
    survived(load, "receiver of webhooks down")
