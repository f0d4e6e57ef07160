"""The real API, served by gunicorn, whose ports have points where a test may arm a fault."""

import os
from dataclasses import replace
from pathlib import Path

from api.app import create_app
from api.deps import open_deps
from shared.logs import set_up_logs
from shared.settings import load_settings
from tests.integration.points import Points, WatchedQueue, WatchedStore, watch_disk

settings = load_settings()
set_up_logs(settings)
deps = open_deps(settings)
points = Points(Path(os.environ["STAND_IN_FAULTS"]))
watch_disk(points)
app = create_app(
    settings, replace(deps, jobs=WatchedStore(deps.jobs, points), queue=WatchedQueue(deps.queue, points))
)
