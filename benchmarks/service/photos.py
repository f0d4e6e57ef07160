"""Photos of the sizes that people send, made of one that a well-known package carries."""

import io
from pathlib import Path

from PIL import Image

from api.cli.sample import sample_photo

SIZES = ((800, 600), (1200, 1600), (3000, 4000))
"""Width and height in px: 0.5, 1.9 and 12 megapixels."""


def jpeg(width: int, height: int, number: int = 0) -> bytes:
    """The sample photo cut to this aspect, at this size, as a phone would save it.

    Each `number` gives other bytes: for a photo that it has seen before the service would reuse the matte.
    """
    photo = Image.open(sample_photo(Path("var"))).convert("RGB")
    scale = max(width / photo.width, height / photo.height)
    sized = photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.BICUBIC)
    left, top = (sized.width - width) // 2, (sized.height - height) // 2
    buffer = io.BytesIO()
    photo = sized.crop((left, top, left + width, top + height))
    photo.putpixel((0, 0), (number % 256, number // 256, 0))
    photo.save(buffer, "JPEG", quality=90, comment=str(number).encode())
    return buffer.getvalue()
