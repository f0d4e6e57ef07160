"""Result files: right pixels, the profile, nothing else, and nothing of what is hidden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from shared.errors import TooManyMegapixels
from shared.spec.output import OutputSpec
from tests.images import LIMITS, assert_close, cutout, disc, file_of, gradient, opened
from worker.imaging.decode import decode
from worker.imaging.encode import encode, encode_matte
from worker.imaging.types import Cutout

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    "spec", [OutputSpec(), OutputSpec(format="webp", quality=100)], ids=["png", "lossless webp"]
)
def test_a_lossless_result_shows_the_very_pixels(spec):
    subject = cutout(icc_profile=SRGB)
    encoded = encode(subject, spec)
    rgba = np.asarray(opened(encoded).convert("RGBA"))
    assert_close(rgba[..., 3], subject.alpha)
    assert_close(rgba[..., :3], np.where(subject.alpha[..., None] > 0, subject.rgb, 0))
    assert (encoded.width, encoded.height, encoded.extension) == (64, 48, spec.format)
    assert encoded.content_type == f"image/{spec.format}"


def test_lossy_webp_keeps_alpha_exactly_and_colour_nearly():
    subject = cutout()
    rgba = np.asarray(opened(encode(subject, OutputSpec(format="webp"))).convert("RGBA"))
    assert_close(rgba[..., 3], subject.alpha)
    assert_close(rgba[subject.alpha == 255][:, :3], subject.rgb[subject.alpha == 255], most=24, mean=4)


def test_a_jpeg_is_white_where_nothing_is():
    image = opened(encode(cutout(), OutputSpec(format="jpeg", quality=95)))
    assert image.mode == "RGB"
    assert min(image.getpixel((0, 0))) >= 253
    assert_close(np.asarray(image)[24, 32], gradient()[24, 32], most=8)


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_the_alpha_channel_alone_is_a_grey_picture(kind):
    encoded = encode(cutout(icc_profile=SRGB), OutputSpec(format=kind, channels="alpha", quality=100))
    image = opened(encoded)
    assert "icc_profile" not in image.info
    assert_close(np.asarray(image.convert("L")), disc(), most=0 if kind != "jpeg" else 6)


def test_a_matte_is_an_eight_bit_grey_png():
    image = opened(encode_matte(disc()))
    assert (image.format, image.mode) == ("PNG", "L")
    assert_close(np.asarray(image), disc())


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("quality", [80, 100])
def test_the_profile_is_embedded_byte_for_byte(kind, quality):
    image = opened(encode(cutout(icc_profile=SRGB), OutputSpec(format=kind, quality=quality)))
    assert image.info["icc_profile"] == SRGB


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_where_the_photo_was_taken_does_not_come_out(kind):
    exif = Image.Exif()
    exif[0x010E] = "SECRETPLACE"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    photo = decode(file_of(gradient(), "JPEG", exif=exif, comment=b"SECRETPLACE"), LIMITS)
    encoded = encode(Cutout.of(photo.rgb, disc()), OutputSpec(format=kind))
    assert b"SECRETPLACE" not in bytes(encoded.data)
    assert not opened(encoded).getexif()


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), quality=st.sampled_from([70, 100]))
def test_hidden_colours_do_not_change_a_byte(kind, seed, quality):
    subject = cutout(24, 32, 8.0)
    noise = np.random.default_rng(seed).integers(0, 256, subject.rgb.shape, np.uint8)
    other = subject.with_pixels(np.where(subject.alpha[..., None] > 0, subject.rgb, noise), subject.alpha)
    spec = OutputSpec(format=kind, quality=quality)
    assert encode(subject, spec).data == encode(other, spec).data


def test_a_side_that_webp_cannot_hold_is_an_error_of_ours():
    wide = Cutout.of(np.zeros((1, 16_384, 3), np.uint8), np.zeros((1, 16_384), np.uint8))
    with pytest.raises(TooManyMegapixels):
        encode(wide, OutputSpec(format="webp"))
    assert encode(wide, OutputSpec()).width == 16_384


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("fill", [0, 255])
def test_empty_and_full_cutouts_of_one_pixel(kind, fill):
    one = Cutout.of(np.full((1, 1, 3), 200, np.uint8), np.full((1, 1), fill, np.uint8))
    assert opened(encode(one, OutputSpec(format=kind))).size == (1, 1)
