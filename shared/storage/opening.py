"""Opens the storage that the settings name: the URL's scheme is the module's name."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from shared import plugins
from shared.errors import SettingsInvalid
from shared.settings import Settings
from shared.storage.port import ObjectStore

Connect = Callable[[str, Settings], ObjectStore]


def open_store(settings: Settings) -> ObjectStore:
    """The storage behind `storage_url`. Raises SettingsInvalid for a URL that names none.

    A backend is a module beside this one with a `connect(url, settings)`; memory has none, since no second
    process could see it.
    """
    url = settings.effective_storage_url
    return _connect_of(urlsplit(url).scheme)(url, settings)


def _connect_of(scheme: str) -> Connect:
    try:
        connect = getattr(plugins.load("shared.storage", scheme), "connect", None)
    except LookupError:
        connect = None
    if connect is None:
        raise SettingsInvalid(f"CUTROOM_STORAGE_URL: there is no storage {scheme!r}; use file:// or s3://")
    return cast(Connect, connect)
