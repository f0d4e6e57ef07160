"""The sample photo."""

import zipfile
from pathlib import Path

import click
import pytest

from api.cli import sample


@pytest.fixture
def downloads(monkeypatch):
    """Stands in for pip; the folders it was asked to fill."""
    asked = []

    def download(folder: Path) -> Path:
        asked.append(folder)
        with zipfile.ZipFile(folder / "some.whl", "w") as wheel:
            wheel.writestr("skimage/data/astronaut.png", b"photo")
        return folder / "some.whl"

    monkeypatch.setattr(sample, "_download", download)
    return asked


def test_it_is_fetched_once_and_alone_kept(tmp_path, downloads):
    folder = tmp_path / "sample"
    assert sample.sample_photo(folder) == sample.sample_photo(folder)
    assert [path.name for path in folder.iterdir()] == ["astronaut.png"]
    assert len(downloads) == 1


def test_without_an_index_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "_PACKAGE", "./nothing-here.whl")
    with pytest.raises(click.ClickException, match="PHOTO of your own"):
        sample.sample_photo(tmp_path)
