"""Small pictures, and broken ones, as bytes."""

import io
import struct
import zlib

from PIL import Image


def encoded(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A plain picture."""
    body = io.BytesIO()
    Image.new("RGB", size, "#c0ffee").save(body, kind)
    return body.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large and holds next to nothing."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(b"\0" * 1000)),
            (b"IEND", b""),
        )
    )
