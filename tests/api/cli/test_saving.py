"""Results are saved under the name that their format has."""

from typing import get_args

from api.cli.saving import EXTENSIONS
from shared.plugins import load
from shared.spec.output import Format


def test_every_format_has_its_extension():
    formats = [load("worker.imaging.formats", name) for name in get_args(Format)]
    assert {form.CONTENT_TYPE: form.EXTENSION for form in formats} == EXTENSIONS
