"""The file by which a probe sees that a process lives."""

from threading import Event, Thread

from shared.settings import Settings


def keep_touching(settings: Settings, stopped: Event) -> None:
    """Touch the file now and with each heartbeat until told to stop, from a thread; nothing where none is set.

    Also while Redis or storage is down: that is no reason to start a process again.
    """
    file = settings.heartbeat_file
    if file is None:
        return
    file.touch()

    def touch() -> None:
        while not stopped.wait(settings.heartbeat_seconds):
            file.touch()

    Thread(target=touch, name="heartbeat-file", daemon=True).start()
