"""Every kind of file becomes the same 8-bit upright photo, or a clear error."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from shared.errors import AppError, ImageTooLarge, UnreadableImage, UnsupportedFormat
from shared.picture import PictureLimits
from tests import profiles
from tests.images import LIMITS, assert_close, disc, file_of, gradient, turned_file
from worker.imaging.decode import FIRST_FRAME_ONLY, decode

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RGB = gradient()
GREY = RGB[..., 0].copy()
ALPHA = disc()


def decoded(pixels, kind="PNG", **options):
    return decode(file_of(pixels, kind, **options), LIMITS)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_lossless_colour_comes_back_exactly(kind):
    photo = decoded(RGB, kind)
    assert_close(photo.rgb, RGB)
    assert (photo.alpha, photo.icc_profile, photo.flags) == (None, None, ())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "HEIF"])
def test_lossy_colour_comes_back_nearly(kind):
    assert_close(decoded(RGB, kind, quality=95).rgb, RGB, most=24, mean=3)


def test_jpeg_has_the_same_pixels_through_either_library():
    data = file_of(RGB, "JPEG", quality=90)
    assert_close(decode(data, LIMITS).rgb, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("TIFF", "RGBA"), ("WEBP", "RGBA")])
def test_alpha_is_kept(kind, mode):
    photo = decoded(np.dstack([RGB, ALPHA]), kind, lossless=True, exact=True)
    assert_close(photo.rgb, RGB)
    assert_close(photo.alpha, ALPHA)


def test_alpha_that_hides_nothing_is_none():
    assert decoded(np.dstack([RGB, np.full_like(ALPHA, 255)])).alpha is None


def test_grey_with_and_without_alpha():
    assert_close(decoded(GREY).rgb, np.dstack([GREY] * 3))
    photo = decoded(Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)]))
    assert_close(photo.rgb, np.dstack([GREY] * 3))
    assert_close(photo.alpha, ALPHA)


def test_one_bit_is_black_and_white():
    photo = decoded(Image.fromarray(ALPHA).convert("1", dither=Image.Dither.NONE))
    assert set(np.unique(photo.rgb)) == {0, 255}
    assert_close(photo.rgb[..., 0], np.where(ALPHA > 127, 255, 0))


def test_a_palette_with_transparent_entries_has_alpha():
    indices = Image.fromarray((ALPHA > 127).astype(np.uint8), "L")
    image = Image.new("P", indices.size)
    image.putdata(list(np.asarray(indices).ravel()))
    image.putpalette([10, 20, 30, 200, 100, 50])
    photo = decoded(image, transparency=bytes([64, 255]))
    assert_close(photo.alpha, np.where(ALPHA > 127, 255, 64))
    assert tuple(photo.rgb[24, 32]) == (200, 100, 50)


@pytest.mark.parametrize(("mode", "key"), [("RGB", (255, 0, 0)), ("L", 255), ("1", 1)])
def test_a_colour_key_is_transparent(mode, key):
    image = Image.new("RGB", (8, 8), (0, 0, 255) if mode == "RGB" else (0, 0, 0))
    image.paste((255, 0, 0) if mode == "RGB" else (255, 255, 255), (0, 0, 4, 8))
    photo = decoded(image.convert(mode), transparency=key)
    assert photo.alpha[:, :4].max() == 0
    assert photo.alpha[:, 4:].min() == 255


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind):
    deep = np.linspace(0, 65535, 48 * 64).reshape(48, 64).round().astype(np.uint16)
    photo = decoded(deep, kind)
    assert_close(photo.rgb[..., 1], np.rint(deep / 257), most=1, mean=0.02)


@pytest.mark.parametrize("extension", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_colour_is_scaled_and_rounded(extension, channels):
    deep = (np.dstack([RGB, ALPHA])[..., :channels].astype(np.uint16) * 257).clip(0, 65400) + 129
    order = cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_RGBA2BGRA
    photo = decode(cv2.imencode(extension, cv2.cvtColor(deep, order))[1].tobytes(), LIMITS)
    assert_close(photo.rgb, np.rint(deep[..., :3] / 257), most=1, mean=0.02)
    if channels == 4:
        assert_close(photo.alpha, np.rint(deep[..., 3] / 257), most=1, mean=0.02)


def test_big_endian_sixteen_bit_tiff():
    deep = GREY.astype(">u2") * 257
    image = Image.frombytes("I;16B", (64, 48), deep.tobytes())
    assert_close(decoded(image, "TIFF").rgb[..., 0], GREY)


@pytest.mark.parametrize(("top", "dtype"), [(1.0, np.float32), (255.0, np.float32), (65535, np.int32)])
def test_floats_and_integers_are_scaled_to_the_range_they_use(top, dtype):
    numbers = (GREY / 255 * top).astype(dtype)
    assert_close(decoded(Image.fromarray(numbers), "TIFF").rgb[..., 0], GREY, most=1)


def test_what_is_not_a_number_is_black():
    numbers = np.full((4, 4), 0.5, np.float32)
    numbers[0, 0] = np.nan
    photo = decoded(Image.fromarray(numbers), "TIFF")
    assert photo.rgb[0, 0, 0] == 0
    assert photo.rgb[1, 1, 0] == 128


def test_cmyk_becomes_rgb():
    photo = decoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95)
    assert_close(photo.rgb, RGB, most=30, mean=4)


def test_cmyk_goes_through_its_profile_which_is_then_gone():
    cmyk = Image.fromarray(RGB).convert("CMYK")
    for kind in ("JPEG", "TIFF"):
        photo = decoded(cmyk, kind, icc_profile=profiles.cmyk_of_black_ink_only())
        assert photo.icc_profile is None
        assert_close(photo.rgb, np.full_like(RGB, 255), most=3)  # its K is 0 everywhere


def test_cmyk_with_a_profile_of_another_space_is_converted_plainly():
    cmyk = Image.fromarray(RGB).convert("CMYK")
    assert_close(decoded(cmyk, "TIFF", icc_profile=SRGB).rgb, decoded(cmyk, "TIFF").rgb)


@pytest.mark.parametrize("with_alpha", [False, True])
def test_grey_goes_through_its_profile_which_is_then_gone(with_alpha):
    image = Image.fromarray(GREY)
    if with_alpha:
        image = Image.merge("LA", [image, Image.fromarray(ALPHA)])
    photo = decoded(image, icc_profile=profiles.grey(1.0))
    light = GREY / 255
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert_close(photo.rgb, np.dstack([srgb] * 3), most=9, mean=0.5)  # littleCMS is coarse near black
    assert photo.icc_profile is None
    assert (photo.alpha is not None) == with_alpha


def test_a_profile_is_kept_byte_for_byte():
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
        assert decoded(RGB, kind, icc_profile=SRGB).icc_profile == SRGB, kind


def test_a_broken_profile_is_dropped():
    for kind in ("JPEG", "PNG", "TIFF"):
        assert decoded(RGB, kind, icc_profile=b"no profile at all").icc_profile is None, kind


def test_a_profile_of_another_colour_space_is_dropped():
    assert decoded(GREY, icc_profile=SRGB).icc_profile is None
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    photo = decoded(RGB, icc_profile=lab)
    assert photo.icc_profile is None
    assert_close(photo.rgb, RGB)


AS_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera held so did to the picture before it wrote the orientation."""


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP", "HEIF", "AVIF"])
def test_all_orientations_give_the_same_upright_picture(kind, orientation):
    turn = AS_STORED[orientation]
    stored = RGB if turn is None else np.asarray(Image.fromarray(RGB).transpose(turn))
    photo = decode(turned_file(stored, kind, orientation, quality=95), LIMITS)
    lossless = kind in ("PNG", "TIFF")
    assert_close(photo.rgb, RGB, most=0 if lossless else 30, mean=0 if lossless else 3)
    assert photo.rgb.flags["C_CONTIGUOUS"]


def test_alpha_turns_with_the_colours():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = decoded(np.dstack([RGB, ALPHA]), exif=exif)
    assert_close(photo.alpha, np.rot90(ALPHA, -1))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_only_the_first_frame_is_read_and_that_is_said(kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("#ff0000", "#00ff00")]
    photo = decode(file_of(frames[0], kind, save_all=True, append_images=frames[1:]), LIMITS)
    assert photo.flags == (FIRST_FRAME_ONLY,)
    assert_close(photo.rgb[4, 4], np.array([255, 0, 0]), most=3)


def test_a_multi_picture_jpeg_gives_its_first_picture():
    frames = [Image.fromarray(RGB), Image.fromarray(RGB[::-1].copy())]
    photo = decode(file_of(frames[0], "MPO", save_all=True, append_images=frames[1:], quality=95), LIMITS)
    assert_close(photo.rgb, RGB, most=24, mean=3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "GIF"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_truncated_file_is_unreadable_wherever_it_ends(kind):
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    data = file_of(noise, kind)
    whole = {"GIF": 2, "TIFF": 0}  # a GIF's trailer says nothing; a TIFF's directory may stand last
    for end in range(40, len(data) - 1 - whole.get(kind, 0), max(1, len(data) // 24)):
        with pytest.raises(UnreadableImage):
            decode(data[:end], LIMITS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF"]),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8),
)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_damaged_file_gives_a_photo_or_one_of_our_errors(kind, changes):
    data = bytearray(FILES[kind])
    for position, value in changes:
        data[position % len(data)] = value
    try:
        assert decode(bytes(data), SMALL).rgb.dtype == np.uint8
    except AppError:
        return


FILES = {
    kind: file_of(RGB, kind, icc_profile=SRGB)
    for kind in ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF"]
}
SMALL = PictureLimits(max_bytes=1_000_000, max_megapixels=1, max_side_px=4000)


def test_a_stream_reads_like_bytes():
    data = file_of(RGB)
    assert_close(decode(io.BytesIO(data), LIMITS).rgb, decode(data, LIMITS).rgb)


def test_a_stream_is_not_read_beyond_the_limit():
    with pytest.raises(ImageTooLarge):
        decode(io.BytesIO(b"x" * 5000), PictureLimits(1000, 1, 100))


def test_text_is_unsupported():
    with pytest.raises(UnsupportedFormat):
        decode(b"hello, I am a picture.jpg", LIMITS)
