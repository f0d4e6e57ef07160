"""The file that a job made, as remove.bg hands it out: raw or in base64, with its headers."""

import base64
import io
import math
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

from flask import Response
from PIL import Image

from api.callers.budgets import Window
from api.removebg.foreground import Foreground, foreground_of
from api.removebg.parameters import Parameters
from api.removebg.refusals import MIME_TYPE
from shared.jobs.job import Job
from shared.jobs.results import OutputFile
from shared.storage.port import ObjectStore

_CHUNK_BYTES = 3 << 18
"""Of three bytes base64 makes four signs, so that chunks can be written one behind the other."""
_MOST_MEGAPIXELS = 25.0
_JPEG_QUALITY = 90
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEVELS = {
    "1": {"person", "product", "animal", "car"},
    "2": {"person", "product", "animal", "car", "transportation", "graphics"},
}


@dataclass(frozen=True, slots=True)
class Body:
    """A result on its way out."""

    stream: BinaryIO
    bytes: int
    content_type: str


def result_response(job: Job, asked: Parameters, objects: ObjectStore, *, as_json: bool) -> Response:
    """200 with the result. Raises NotFound, StorageUnavailable."""
    image = next(file for file in job.outputs if file.name == "image")
    foreground = foreground_of(job, objects)
    body = _zip(image, objects) if asked.format == "zip" else _stored(image, objects)
    response = _json(body, foreground) if as_json else _raw(body)
    response.headers.update(_headers(job, asked, image, foreground))
    return response


def rate_headers(left: Window | None) -> dict[str, str]:
    """What is left of the minute's megapixels; nothing where they are not counted."""
    if left is None:
        return {}
    return {
        "X-RateLimit-Limit": str(left.quota),
        "X-RateLimit-Remaining": str(left.remaining),
        "X-RateLimit-Reset": str(round(time.time()) + left.seconds),
    }


def _headers(job: Job, asked: Parameters, image: OutputFile, foreground: Foreground) -> dict[str, str]:
    headers = {
        "X-Width": str(image.width),
        "X-Height": str(image.height),
        "X-Credits-Charged": "0",
        "X-Foreground-Top": str(foreground.top),
        "X-Foreground-Left": str(foreground.left),
        "X-Foreground-Width": str(foreground.width),
        "X-Foreground-Height": str(foreground.height),
        "Cache-Control": "private, no-store",
    }
    if asked.type_level != "none":
        headers["X-Type"] = _type(asked)
    if job.input and not asked.crop:
        width, height = _at_most(job.input.width, job.input.height)
        headers |= {"X-Max-Width": str(width), "X-Max-Height": str(height)}
    return headers


def _type(asked: Parameters) -> str:
    """What the caller said that it is, as far as the level has a word for it."""
    known = _LEVELS.get(asked.type_level, _LEVELS["2"])
    said = "graphics" if asked.type == "graphic" else asked.type
    return said if said in known else "other"


def _at_most(width: int, height: int) -> tuple[int, int]:
    """The size of `size=full`."""
    scale = min(1.0, math.sqrt(_MOST_MEGAPIXELS * 1_000_000 / (width * height)))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def _stored(image: OutputFile, objects: ObjectStore) -> Body:
    return Body(objects.open(image.key), image.bytes, image.content_type)


def _zip(image: OutputFile, objects: ObjectStore) -> Body:
    """`color.jpg` and `alpha.png`: a job's own ZIP has its colours as PNG."""
    with closing(objects.open(image.key)) as body:
        made = zipfile.ZipFile(io.BytesIO(body.read()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # they are compressed already
        archive.writestr(zipfile.ZipInfo("color.jpg", _EPOCH), _jpeg(made.read("color.png")))
        archive.writestr(zipfile.ZipInfo("alpha.png", _EPOCH), made.read("alpha.png"))
    size = packed.tell()
    packed.seek(0)
    return Body(packed, size, image.content_type)


def _jpeg(png: bytes) -> bytes:
    stream = io.BytesIO()
    with Image.open(io.BytesIO(png), formats=("PNG",)) as color:
        color.save(stream, "JPEG", quality=_JPEG_QUALITY, icc_profile=color.info.get("icc_profile"))
    return stream.getvalue()


def _raw(body: Body) -> Response:
    response = Response(_chunks(body.stream), content_type=body.content_type)
    response.call_on_close(body.stream.close)
    response.content_length = body.bytes
    return response


def _json(body: Body, foreground: Foreground) -> Response:
    """`result_b64` written as it is read, never held whole."""
    head = b'{"data":{"result_b64":"'
    tail = (
        f'","foreground_top":{foreground.top},"foreground_left":{foreground.left},'
        f'"foreground_width":{foreground.width},"foreground_height":{foreground.height}}}}}'
    ).encode()

    def parts() -> Iterator[bytes]:
        yield head
        yield from (base64.b64encode(chunk) for chunk in _chunks(body.stream))
        yield tail

    response = Response(parts(), content_type=MIME_TYPE)
    response.call_on_close(body.stream.close)
    response.content_length = len(head) + 4 * math.ceil(body.bytes / 3) + len(tail)
    return response


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Of exactly `_CHUNK_BYTES`, but for the last: a stream may give less than it is asked for."""
    held = b""
    while chunk := stream.read(_CHUNK_BYTES - len(held)):
        held += chunk
        if len(held) == _CHUNK_BYTES:
            yield held
            held = b""
    if held:
        yield held
