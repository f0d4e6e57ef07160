"""Result files: right pixels, the profile, nothing else, and nothing of what is hidden."""

import io
import zipfile
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from psd_tools import PSDImage

from shared.errors import TooManyMegapixels
from shared.plugins import names
from shared.spec.output import Format, OutputSpec
from tests.images import LIMITS, assert_close, cutout, disc, file_of, gradient, opened
from worker.imaging.decode import decode
from worker.imaging.encode import encode, encode_matte, encode_preview, fills_with_white
from worker.imaging.metadata import kept_exif
from worker.imaging.types import Cutout

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EVERY = get_args(Format)
ONE_PICTURE = [kind for kind in EVERY if kind not in ("zip", "psd")]
LOSSLESS = [OutputSpec(), OutputSpec(format="webp", quality=100), OutputSpec(format="tiff")]


def members(encoded):
    """The pictures in a zip by name."""
    with zipfile.ZipFile(io.BytesIO(bytes(encoded.data))) as archive:
        assert archive.testzip() is None
        return {name: Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()}


def photo_with_place(kind="JPEG", **options):
    """A file that says who, when and where."""
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0112] = "SECRETPLACE", "Maker", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    exif.get_ifd(0x8769).update({0x9003: "2026:01:01 00:00:00", 0xA002: 64, 0x927C: b"SECRETNOTE"})
    return file_of(gradient(), kind, exif=exif, **options)


def test_every_format_has_a_module_and_every_module_a_format():
    assert set(names("worker.imaging.formats")) == set(EVERY)


@pytest.mark.parametrize("spec", LOSSLESS, ids=lambda spec: spec.format)
def test_a_lossless_result_shows_the_very_pixels(spec):
    subject = cutout(icc_profile=SRGB)
    encoded = encode(subject, spec)
    rgba = np.asarray(opened(encoded).convert("RGBA"))
    assert_close(rgba[..., 3], subject.alpha)
    assert_close(rgba[..., :3], np.where(subject.alpha[..., None] > 0, subject.rgb, 0))
    assert (encoded.width, encoded.height) == (64, 48)
    assert encoded.extension == {"tiff": "tif"}.get(spec.format, spec.format)
    assert encoded.content_type == f"image/{spec.format}"


def test_lossy_webp_keeps_alpha_exactly_and_colour_nearly():
    subject = cutout()
    rgba = np.asarray(opened(encode(subject, OutputSpec(format="webp"))).convert("RGBA"))
    assert_close(rgba[..., 3], subject.alpha)
    assert_close(rgba[subject.alpha == 255][:, :3], subject.rgb[subject.alpha == 255], most=24, mean=4)


@pytest.mark.parametrize("quality", [1, 70, 90, 100])
def test_avif_keeps_alpha_exactly_and_colour_nearly(quality):
    subject = cutout()
    rgba = np.asarray(opened(encode(subject, OutputSpec(format="avif", quality=quality))).convert("RGBA"))
    assert_close(rgba[..., 3], subject.alpha)
    if quality >= 70:
        assert_close(rgba[subject.alpha == 255][:, :3], subject.rgb[subject.alpha == 255], most=40, mean=6)


def test_a_jpeg_is_white_where_nothing_is_and_says_so():
    spec = OutputSpec(format="jpeg", quality=95)
    image = opened(encode(cutout(), spec))
    assert image.mode == "RGB"
    assert min(image.getpixel((0, 0))) >= 253
    assert_close(np.asarray(image)[24, 32], gradient()[24, 32], most=8)
    assert fills_with_white(cutout(), spec)
    full = Cutout.of(gradient(), np.full((48, 64), 255, np.uint8))
    assert not fills_with_white(full, spec)
    assert not fills_with_white(cutout(), OutputSpec())
    assert not fills_with_white(cutout(), OutputSpec(format="jpeg", channels="alpha"))


def test_a_zip_holds_colour_that_is_not_multiplied_and_alpha():
    subject = cutout(icc_profile=SRGB)
    encoded = encode(subject, OutputSpec(format="zip"))
    parts = members(encoded)
    assert list(parts) == ["color.png", "alpha.png"]
    assert (parts["color.png"].mode, parts["alpha.png"].mode) == ("RGB", "L")
    assert_close(np.asarray(parts["alpha.png"]), subject.alpha)
    assert_close(np.asarray(parts["color.png"]), np.where(subject.alpha[..., None] > 0, subject.rgb, 0))
    assert parts["color.png"].info["icc_profile"] == SRGB
    assert (encoded.content_type, encoded.extension) == ("application/zip", "zip")


def test_a_psd_is_a_layer_with_a_mask_and_a_preview_on_white():
    subject = cutout(icc_profile=SRGB)
    encoded = encode(subject, OutputSpec(format="psd"))
    document = PSDImage.open(io.BytesIO(bytes(encoded.data)))
    (layer,) = document
    assert (layer.name, layer.has_mask(), document.size) == ("Subject", True, (64, 48))
    assert_close(np.asarray(layer.mask.topil()), subject.alpha)
    shown = subject.alpha > 0
    assert_close(np.asarray(layer.topil().convert("RGB"))[shown], subject.rgb[shown])
    flat = opened(encoded)
    assert flat.getpixel((0, 0)) == (255, 255, 255)
    assert flat.info["icc_profile"] == SRGB


def test_sixteen_bits_hold_the_same_levels():
    def deep(data):
        return decode_deep(bytes(data))

    subject = cutout()
    for spec in (OutputSpec(bit_depth=16), OutputSpec(bit_depth=16, channels="alpha")):
        pixels = deep(encode(subject, spec).data)
        assert pixels.dtype == np.uint16
        assert_close(pixels if pixels.ndim == 2 else pixels[..., 3], subject.alpha.astype(np.uint16) * 257)
    with zipfile.ZipFile(
        io.BytesIO(bytes(encode(subject, OutputSpec(format="zip", bit_depth=16)).data))
    ) as z:
        assert_close(deep(z.read("alpha.png")), subject.alpha.astype(np.uint16) * 257)


def decode_deep(data):
    import cv2  # noqa: PLC0415  Pillow would cut the lower eight bits off

    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("kind", ONE_PICTURE)
def test_the_alpha_channel_alone_is_a_grey_picture(kind):
    encoded = encode(cutout(icc_profile=SRGB), OutputSpec(format=kind, channels="alpha", quality=100))
    image = opened(encoded)
    assert "icc_profile" not in image.info
    assert_close(np.asarray(image.convert("L")), disc(), most=0 if kind not in ("jpeg", "avif") else 6)


def test_a_matte_is_an_eight_bit_grey_png():
    image = opened(encode_matte(disc()))
    assert (image.format, image.mode) == ("PNG", "L")
    assert_close(np.asarray(image), disc())


@pytest.mark.parametrize(
    ("size", "expected"), [((30, 40), (40, 30)), ((600, 3000), (1024, 205)), ((1, 1), (1, 1))]
)
def test_a_preview_is_small_and_keeps_the_transparency(size, expected):
    subject = Cutout.of(gradient(*size), disc(*size, radius=min(size) / 3))
    image = opened(encode_preview(subject))
    assert (image.format, image.size) == ("WEBP", expected)
    assert image.mode == "RGBA" or size == (1, 1)


@pytest.mark.parametrize("kind", ONE_PICTURE)
@pytest.mark.parametrize("quality", [80, 100])
def test_the_profile_is_embedded_byte_for_byte(kind, quality):
    image = opened(encode(cutout(icc_profile=SRGB), OutputSpec(format=kind, quality=quality)))
    assert image.info["icc_profile"] == SRGB


@pytest.mark.parametrize("kind", EVERY)
def test_where_the_photo_was_taken_does_not_come_out(kind):
    photo = decode(photo_with_place(comment=b"SECRETPLACE"), LIMITS)
    encoded = encode(Cutout.of(photo.rgb, disc(64, 48)), OutputSpec(format=kind))
    assert b"SECRET" not in bytes(encoded.data)
    if kind in ONE_PICTURE and kind != "tiff":  # whose own fields count as EXIF
        assert not opened(encoded).getexif()


@pytest.mark.parametrize("kind", [*ONE_PICTURE, "zip"])
def test_notes_that_are_kept_come_out_upright_and_without_what_is_untrue(kind):
    encoded = encode(cutout(), OutputSpec(format=kind), kept_exif(photo_with_place()))
    image = members(encoded)["color.png"] if kind == "zip" else opened(encoded)
    exif = image.getexif()
    assert (exif[0x010E], exif[0x010F]) == ("SECRETPLACE", "Maker")
    assert exif.get(0x0112, 1) == 1
    assert exif.get_ifd(0x8825)[2] == (52.0, 30.0, 0.0)
    inner = exif.get_ifd(0x8769)
    assert inner[0x9003] == "2026:01:01 00:00:00"
    assert {0xA002, 0x927C} & set(inner) == set()
    assert image.size == (64, 48)


@pytest.mark.parametrize(
    "data", [file_of(gradient(), "PNG"), file_of(gradient(), "JPEG"), b"", b"no picture"]
)
def test_where_nothing_is_said_nothing_is_kept(data):
    assert kept_exif(data) is None


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_notes_are_kept_from_other_formats_too(kind):
    assert b"SECRETPLACE" in kept_exif(photo_with_place(kind))


@pytest.mark.parametrize("kind", EVERY)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), quality=st.sampled_from([70, 100]))
def test_hidden_colours_do_not_change_a_byte(kind, seed, quality):
    subject = cutout(24, 32, 8.0)
    noise = np.random.default_rng(seed).integers(0, 256, subject.rgb.shape, np.uint8)
    other = subject.with_pixels(np.where(subject.alpha[..., None] > 0, subject.rgb, noise), subject.alpha)
    spec = OutputSpec(format=kind, quality=quality)
    assert encode(subject, spec).data == encode(other, spec).data


@pytest.mark.parametrize(("kind", "side"), [("webp", 16_384), ("psd", 30_001)])
def test_a_side_that_a_format_cannot_hold_is_an_error_of_ours(kind, side):
    wide = Cutout.of(np.zeros((1, side, 3), np.uint8), np.zeros((1, side), np.uint8))
    with pytest.raises(TooManyMegapixels):
        encode(wide, OutputSpec(format=kind))
    assert encode(wide, OutputSpec()).width == side


@pytest.mark.parametrize("kind", ONE_PICTURE)
@pytest.mark.parametrize("fill", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 4000)])
def test_empty_and_full_cutouts_of_one_pixel_or_one_row(kind, fill, size):
    one = Cutout.of(np.full((*size, 3), 200, np.uint8), np.full(size, fill, np.uint8))
    assert opened(encode(one, OutputSpec(format=kind))).size == size[::-1]


@pytest.mark.parametrize("kind", ["zip", "psd"])
@pytest.mark.parametrize("fill", [0, 255])
def test_a_single_pixel_in_layers(kind, fill):
    one = Cutout.of(np.full((1, 1, 3), 200, np.uint8), np.full((1, 1), fill, np.uint8))
    assert len(encode(one, OutputSpec(format=kind)).data) > 100
