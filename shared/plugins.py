"""The public name is the module's name: load one module of a package, or list them all."""

import pkgutil
import re
from functools import cache
from importlib import import_module
from types import ModuleType

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@cache  # to look through a folder takes longer than to encode a small picture
def load(package: str, name: str) -> ModuleType:
    """Import `package.name`. Raises LookupError when there is no such module, however the name is spelt.

    Only the name is judged here: an error inside the module itself comes through as it is.
    """
    if name not in names(package):
        raise LookupError(f"{package} has no {name!r}")
    return import_module(f"{package}.{name}")


def names(package: str) -> tuple[str, ...]:
    """Every public name in `package`, sorted; nothing of it is imported but the package itself."""
    folder = import_module(package).__path__
    return tuple(sorted(found.name for found in pkgutil.iter_modules(folder) if _NAME.fullmatch(found.name)))
