"""Celery's entry: `celery --app worker.main worker`; the only place of a worker that reads the environment."""

from shared.logs import set_up_logs
from shared.settings import load_settings
from worker.app import create_app
from worker.composition import open_deps
from worker.process.consumption import watch_consumption
from worker.process.one_thread import keep_opencv_on_its_thread
from worker.process.trimming import trim_worker

_settings = load_settings()
set_up_logs(_settings)
keep_opencv_on_its_thread()
trim_worker()
app = create_app(_settings, open_deps(_settings))
watch_consumption(_settings.broker_url)
