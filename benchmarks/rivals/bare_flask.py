"""The least that Flask can do with the same requests: no check, no record, no queue. Served as the API is.

gunicorn --config api/gunicorn.conf.py benchmarks.rivals.bare_flask:app
"""

import os
import uuid
from pathlib import Path

from flask import Flask, Response, jsonify, request

from shared.records import connect
from shared.settings import load_settings

_settings = load_settings()
_folder = _settings.data_dir / "bare"
_folder.mkdir(parents=True, exist_ok=True)
_redis = connect(_settings.redis_url)

app = Flask(__name__)


@app.post("/store")
def store() -> tuple[Response, int]:
    """Save the picture of the form, as Flask's own documentation does it."""
    name = uuid.uuid4().hex
    request.files["image"].save(_folder / name)
    return jsonify(id=name), 202


@app.post("/store_durably")
def store_durably() -> tuple[Response, int]:
    """The same, and wait for the disk."""
    name = uuid.uuid4().hex
    with (_folder / name).open("wb") as file:
        request.files["image"].save(file)
        file.flush()
        os.fsync(file.fileno())
    _sync(_folder)
    return jsonify(id=name), 202


@app.get("/hash/<key>")
def read_hash(key: str) -> Response:
    """Read one hash."""
    return jsonify(_redis.hgetall(key))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
