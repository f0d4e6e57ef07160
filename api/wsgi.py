"""gunicorn's entry: `gunicorn api.wsgi:app`; the only place of the API that reads the environment."""

from api.app import create_app
from shared.logs import set_up_logs
from shared.settings import load_settings

_settings = load_settings()
set_up_logs(_settings)
app = create_app(_settings)
