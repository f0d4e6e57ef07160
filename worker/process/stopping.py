"""How a process that runs for ever is told to end."""

import signal
from threading import Event


def stop_event() -> Event:
    """Set by SIGTERM and SIGINT from now on; call it from the main thread."""
    stopped = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    return stopped
