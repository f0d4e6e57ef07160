"""The Lua of endpoints and deliveries: one script per transition, behind one prelude."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis

_LUA = Path(__file__).with_name("lua")


def script(redis: Redis, name: str) -> Callable[..., Any]:
    """The script `lua/<name>.lua`, callable."""
    return redis.register_script((_LUA / "prelude.lua").read_text() + (_LUA / f"{name}.lua").read_text())
