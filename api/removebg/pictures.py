"""The pictures of a request: the one to be cut out, and the one to be put behind it."""

import time
from typing import BinaryIO

from api.deps import Deps
from api.removebg.parameters import BACKGROUNDS, SOURCES, Parameters
from api.removebg.receiving import Received, decoded
from api.removebg.refusals import bad_request, of_address, of_background
from shared.download import download
from shared.errors import AppError, UrlNotAllowed
from shared.ids import new_id
from shared.limits import download_limits, picture_limits, url_rules
from shared.picture import inspect
from shared.settings import Settings
from shared.storage.keys import input_key
from shared.uploads.store import Upload
from shared.urlguard import check_url


def source(received: Received, settings: Settings) -> BinaryIO:
    """The picture, at its beginning, wherever it comes from. Raises Refusal.

    What `image_url` names is fetched here, not by a worker: `roi` may be in percent of it, and the answer must say
    what could not be fetched.
    """
    given = [name for name in SOURCES if name in received.fields or name in received.files]
    if not given:
        raise bad_request("No image given", "missing_source", f"give exactly one of {', '.join(SOURCES)}")
    if len(given) > 1:
        raise bad_request("Multiple image sources given", "multiple_sources", f"given: {', '.join(given)}")
    if given[0] in received.files:
        return received.files[given[0]]
    if given[0] == "image_file":
        detail = "image_file is text; send it as a file, with a file name"
        raise bad_request("There was an error reading the image.", "failed_to_read_image", detail)
    body = received.new_spool()
    if given[0] == "image_file_b64":
        decoded(received.fields[given[0]], body)
    else:
        _fetch(received.fields[given[0]], body, settings)
    return body


def check_backgrounds(received: Received, asked: Parameters, settings: Settings) -> None:
    """At most one, and no address that is not fetched from. Raises Refusal."""
    given = [name for name in BACKGROUNDS if name in received.fields or name in received.files]
    if len(given) > 1:
        raise bad_request(
            "Multiple background sources given", "multiple_bg_sources", f"given: {', '.join(given)}"
        )
    if "bg_image_file" in received.fields:
        detail = "bg_image_file is text; send it as a file, with a file name"
        raise bad_request("There was an error reading the background image.", "failed_bg_download", detail)
    if asked.bg_image_url is not None:
        try:
            check_url(str(asked.bg_image_url), url_rules(settings))
        except UrlNotAllowed as error:
            raise of_background(error) from None


def keep_background(deps: Deps, tenant: str, picture: BinaryIO) -> str:
    """Store the picture as an upload that lasts as long as the job; its id. Raises Refusal, StorageUnavailable."""
    try:
        facts = inspect(picture, picture_limits(deps.settings))
    except AppError as error:
        raise of_background(error) from None
    upload_id = new_id("upl")
    key, keep_until = input_key(tenant, upload_id), time.time() + deps.settings.retention_seconds
    size = picture.seek(0, 2)
    picture.seek(0)
    # Announced first: whatever becomes of this request, the sweep finds it.
    deps.uploads.add(Upload(upload_id, tenant, key, facts.content_type, size, None, keep_until), keep_until)
    deps.objects.put(key, picture, content_type=facts.content_type)
    return upload_id


def _fetch(url: str, into: BinaryIO, settings: Settings) -> None:
    try:
        download(url, into, url_rules(settings), download_limits(settings))
    except AppError as error:
        raise of_address(error) from None
    into.seek(0)
