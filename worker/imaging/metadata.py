"""What a photo says of its making, where the caller wants it kept."""

import io

from PIL import ExifTags, Image

from shared.picture import FOREIGN_ERRORS

_Base, _Ifd = ExifTags.Base, ExifTags.IFD

_ABOUT_THE_PHOTO = (
    _Base.ImageDescription, _Base.Make, _Base.Model, _Base.XResolution, _Base.YResolution, _Base.ResolutionUnit,
    _Base.Software, _Base.DateTime, _Base.Artist, _Base.HostComputer, _Base.Copyright, _Base.Rating,
)  # fmt: skip
"""Of the first directory. The rest says how that file was stored, and in a TIFF where: untrue in another."""

_UNTRUE_AFTERWARDS = (
    _Base.MakerNote,
    _Base.ExifImageWidth,
    _Base.ExifImageHeight,
    _Base.ExifInteroperabilityOffset,
)
"""Of the Exif directory. A maker's note is found by its place in the file, and may hold a thumbnail."""


def kept_exif(data: bytes) -> bytes | None:
    """Camera, time and place from a picture's file, upright, without thumbnails; None where there is nothing.

    The result is TIFF, as `Tags.exif` takes it.
    """
    try:
        found = Image.open(io.BytesIO(data)).getexif()
        kept = Image.Exif()
        kept.update({tag: found[tag] for tag in _ABOUT_THE_PHOTO if tag in found})
        for directory in (_Ifd.Exif, _Ifd.GPSInfo):
            entries = {
                tag: value for tag, value in found.get_ifd(directory).items() if tag not in _UNTRUE_AFTERWARDS
            }
            if entries:
                kept.get_ifd(directory).update(entries)
                kept[directory] = entries
        if not kept:
            return None
        kept[_Base.Orientation] = 1
        return kept.tobytes().removeprefix(b"Exif\x00\x00")
    except FOREIGN_ERRORS:
        return None  # broken notes are no reason to refuse a sound picture
