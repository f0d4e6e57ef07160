"""What a job may ask of its matte, from the specification to the pixels."""

import numpy as np
import pytest

from shared.spec.job import JobSpec
from worker.imaging.types import Photo
from worker.matting.fba import FbaMatting
from worker.matting.finishing import OnCpu
from worker.tasks.segment import _matte


@pytest.fixture
def segmenter(deps):
    return deps.segmenters.get("imgly-medium").model


def matte(segmenter, pixels, alpha=None, **asked):
    return _matte(Photo(pixels, alpha), segmenter, JobSpec.model_validate(asked), OnCpu())


def test_without_options_it_is_the_networks(segmenter, disc):
    assert np.array_equal(matte(segmenter, disc), (disc.max(axis=2) > 128) * 255)


def test_fba_draws_the_edge_anew_and_nothing_else(segmenter, disc):
    class Half:
        def infer(self, batch):
            return np.full((1, 1, *batch.shape[1:3]), 0.5, np.float32)

    asked = JobSpec.model_validate({"refine": {"method": "fba"}})
    found = _matte(Photo(disc, None), segmenter, asked, OnCpu(), FbaMatting(Half()))

    assert set(np.unique(found)) == {0, 128, 255}
    assert np.count_nonzero(found == 128) < 0.6 * found.size
    network = matte(segmenter, disc)
    assert np.array_equal(found[found != 128], network[found != 128])


def test_outside_the_region_is_background(segmenter, disc):
    found = matte(segmenter, disc, roi=[0, 0, 40, 60])

    assert found[30, 30] == 255
    assert found[:, 40:].max() == 0


def test_a_region_beyond_the_photo_leaves_nothing(segmenter, disc):
    assert matte(segmenter, disc, roi=[500, 500, 600, 600]).max() == 0


def test_what_the_file_held_as_transparent_no_stroke_brings_back(segmenter, disc):
    held = np.full(disc.shape[:2], 255, np.uint8)
    held[:, :40] = 0
    stroke = {"mode": "keep", "radius": 10, "points": [[20, 10], [60, 10]]}

    found = matte(segmenter, disc, held, mask={"strokes": [stroke]})

    assert found[:, :40].max() == 0
    assert found[10, 60] == 255


@pytest.mark.parametrize("amount", ["contrast", "denoise", "lift_shadows", "sharpen", "pad", "hint"])
def test_a_tweaked_photos_matte_has_the_photos_size(segmenter, disc, amount):
    found = matte(segmenter, disc, tweak={amount: 0.4})

    assert found.shape == disc.shape[:2]
    assert found[30, 40] == 255


def test_a_preset_and_a_method_go_together(segmenter, disc):
    found = matte(segmenter, disc, mask={"preset": "clean", "grow": 2}, refine={"method": "guided"})

    assert found[30, 40] == 255
    assert found[0, 0] == 0


@pytest.mark.parametrize(
    "roi", [[0, 0, 0, 5], [5, 5, 4, 9], [-1, 0, 5, 5], [0, 0, 5], [0, 0, 20000, 5], "all"]
)
def test_a_region_that_holds_nothing_is_refused(roi):
    with pytest.raises(ValueError, match="roi"):
        JobSpec.model_validate({"roi": roi})


def test_edges_are_refined_by_what_it_is_given(segmenter, disc):
    class Elsewhere(OnCpu):
        def guided_upsampling(self, rgb, matte, spec):
            return np.full(rgb.shape[:2], 77, np.uint8)

    asked = JobSpec(refine={"method": "guided"})
    assert (_matte(Photo(disc, None), segmenter, asked, Elsewhere()) == 77).all()
