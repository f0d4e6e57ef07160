"""From remove.bg's words to a job's."""

import pytest

from api.removebg.mapping import background_of, job_document
from api.removebg.parameters import read_parameters
from shared.picture import PictureFacts
from shared.spec.job import JobSpec

FACTS = PictureFacts(400, 200, "image/jpeg", "jpeg")


def spec(**fields) -> JobSpec:
    """The job that these parameters become."""
    asked = read_parameters(fields)
    return JobSpec.model_validate(job_document(asked, FACTS, background_of(asked)))


def test_nothing_asked_for():
    made = spec()
    assert (made.roi, made.effects, made.mask.contrast_boost) == (None, (), None)
    assert (made.output.format, made.output.max_megapixels, made.output.crop) == ("png", 0.25, False)
    assert made.output.canvas is None


@pytest.mark.parametrize(
    ("size", "file_format", "megapixels"),
    [
        ("preview", "png", 0.25), ("small", "png", 0.25), ("regular", "jpg", 0.25), ("medium", "png", 1.5),
        ("hd", "zip", 4), ("full", "png", 10), ("full", "jpg", 25), ("4k", "webp", 25), ("auto", "auto", 10),
        ("50MP", "zip", 50), ("50MP", "png", 10),
    ],
)  # fmt: skip
def test_sizes(size, file_format, megapixels):
    assert spec(size=size, format=file_format).output.max_megapixels == megapixels


def test_a_region_in_px_and_percent():
    assert spec(roi="10% 20px 50% 100%").roi == (40, 20, 200, 200)
    assert spec(roi="0% 0% 100% 100%").roi is None


@pytest.mark.parametrize(
    ("asked", "margins"),
    [
        ("10%", ("10%", "10%", "10%", "10%")), ("0", ("0px", "0px", "0px", "0px")),
        ("500px", ("500px", "500px", "500px", "500px")), ("5% 10.25%", ("5%", "10.25%", "5%", "10.25%")),
        ("1% 2% 3px 40px", ("1%", "2%", "3px", "40px")), ("0.000001%", ("0.000001%",) * 4),
    ],
)  # fmt: skip
def test_crop_margins(asked, margins):
    output = spec(crop="true", crop_margin=asked).output
    assert (output.crop, output.crop_margins) == (True, margins)


def test_a_margin_without_a_crop_is_nothing():
    assert spec(crop_margin="10%").output.crop_margins is None


@pytest.mark.parametrize(
    ("position", "place"),
    [
        ("original", "original"), ("center", (50, 50)), ("50%", (50, 50)), ("0% 0%", (0, 0)),
        ("100% 12.5%", (100, 12.5)), ("10% 90%", (10, 90)),
    ],
)  # fmt: skip
def test_positions(position, place):
    assert spec(position=position).output.position == place


def test_a_scale_puts_the_subject_in_the_centre():
    output = spec(scale="80%").output
    assert (output.scale, output.position) == (80, "original")  # which a job with a scale takes as the centre
    assert spec(scale="original").output.scale is None


@pytest.mark.parametrize(
    ("fields", "effect"),
    [
        ({"shadow_type": "drop"}, ("drop_shadow", 0.45)),
        ({"shadow_type": "auto"}, ("drop_shadow", 0.45)),
        ({"shadow_type": "auto", "type": "car"}, ("contact_shadow", 0.7)),
        ({"shadow_type": "3D", "shadow_opacity": "50"}, ("contact_shadow", 0.5)),
        ({"shadow_type": "car", "shadow_opacity": "auto"}, ("contact_shadow", 0.7)),
        ({"add_shadow": "true", "type": "car"}, ("contact_shadow", 0.7)),
    ],
)
def test_shadows(fields, effect):
    made = spec(**fields)
    assert [(one.type, one.opacity) for one in made.effects] == [effect]
    assert made.output.canvas == (400, 200)


def test_a_shadow_that_was_for_cars_only():
    assert spec(add_shadow="true").effects == ()
    assert spec(add_shadow="true", type="person").effects == ()


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("fff", "#fff"),
        ("#81D4FA", "#81d4fa"),
        ("81d4fa80", "#81d4fa80"),
        ("1234", "#1234"),
        ("Teal", "#008080"),
    ],
)
def test_colours(text, color):
    assert spec(bg_color=text).effects[0].color == color


def test_a_shadow_lies_before_the_background():
    made = spec(shadow_type="drop", bg_image_url="https://example.com/a.png")
    assert [effect.type for effect in made.effects] == ["drop_shadow", "background"]
    assert made.output.format == "jpeg"


def test_no_half_transparency():
    assert spec(semitransparency="false").mask.contrast_boost == 20
