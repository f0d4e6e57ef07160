import pytest

from shared.errors import SettingsInvalid
from shared.settings import Settings
from shared.storage.file import FileObjectStore
from shared.storage.opening import open_store
from shared.storage.s3 import S3ObjectStore


def settings(tmp_path, url):
    return Settings(
        data_dir=tmp_path, storage_url=url, signing_secret="made-up", s3_endpoint_url="http://127.0.0.1:9"
    )


def test_nothing_said_is_file_storage_in_the_data_folder(tmp_path):
    assert isinstance(open_store(settings(tmp_path, "")), FileObjectStore)
    assert (tmp_path / "objects").is_dir()


def test_an_s3_url_opens_s3(tmp_path):
    assert isinstance(open_store(settings(tmp_path, "s3://bucket/some/prefix")), S3ObjectStore)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x",
        "memory://",
        "keys://x",
        "port://x",
        "opening://x",
        "os://x",
        "../s3://x",
        "folder",
        "S3x://b",
    ],
)
def test_an_unknown_scheme_is_refused(tmp_path, url):
    with pytest.raises(SettingsInvalid, match="STORAGE_URL"):
        open_store(settings(tmp_path, url))


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///x", "s3://bucket/../x", "s3://bucket/a//b", "s3://bucket/x?y=1"]
)
def test_an_odd_s3_url_is_refused(tmp_path, url):
    with pytest.raises(SettingsInvalid, match="s3://bucket"):
        open_store(settings(tmp_path, url))
