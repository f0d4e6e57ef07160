"""What FBA matting is shown, and what becomes of its answer; the network itself is in parity."""

import cv2
import numpy as np
import pytest

from shared.errors import ModelUnavailable
from shared.spec.refine import RefineSpec
from tests.images import assert_close, disc, gradient, strands
from worker.matting.fba import FbaMatting
from worker.matting.refine import refine

FBA = RefineSpec(method="fba")


class Network:
    """Answers the same alpha everywhere, or the red of the photo; keeps what it was shown."""

    def __init__(self, alpha=None):
        self.alpha, self.shown = alpha, []

    def infer(self, batch):
        self.shown.append(batch)
        alpha = batch[..., 0] if self.alpha is None else np.full(batch.shape[:3], self.alpha, np.float32)
        return alpha[:, None]


def matte_of(alpha, side):
    return cv2.resize(alpha, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def soft_disc(side, radius):
    return cv2.GaussianBlur(disc(side, side, radius), (0, 0), 2)


def test_what_is_known_stays_and_the_band_takes_the_networks_alpha():
    matte = matte_of(soft_disc(200, 50.0), 200)
    solved = FbaMatting(Network(0.25)).solve(gradient(200, 200), matte)

    assert (solved.shape, solved.dtype) == ((200, 200), np.float32)
    assert set(np.unique(solved)) == {0, 0.25, 1}
    unsure = (matte > 0.06) & (matte < 0.94)
    assert (solved[unsure] == 0.25).all()
    near = cv2.dilate(unsure.astype(np.uint8), np.ones((21, 21), np.uint8)) > 0
    assert_close(solved[~near], np.rint(matte[~near]))


def test_the_answer_lies_where_the_photo_was():
    photo = np.zeros((203, 301, 3), np.uint8)
    photo[..., 0] = np.linspace(0, 255, 301).astype(np.uint8)
    matte = np.zeros((203, 301), np.float32)
    matte[60:100, 120:190] = 0.5
    solved = FbaMatting(Network()).solve(photo, matte)

    assert_close(solved[60:100, 120:190], photo[60:100, 120:190, 0] / 255, most=1e-6)


def test_the_network_sees_photo_marks_and_distances_of_the_part_that_holds_the_band():
    network, photo = Network(0.5), gradient(300, 400)
    matte = cv2.resize(soft_disc(300, 30.0), (400, 300)).astype(np.float32) / 255
    FbaMatting(network).solve(photo, matte)
    ((planes,),) = network.shown

    height, width, count = planes.shape
    assert (height % 8, width % 8, count) == (0, 0, 11)
    assert height < 200 and width < 240, "not the whole photo"
    shown = np.rint(planes[:-8, :-8, :3] * 255).astype(np.uint8)  # the last rows and columns may be repeated
    assert cv2.matchTemplate(photo, shown, cv2.TM_SQDIFF).min() < 0.01 * shown.size
    background, subject = planes[..., 3], planes[..., 4]
    assert set(np.unique(planes[..., 3:5])) == {0, 1} and not (background * subject).any()
    assert (planes[..., 5:8][background == 1] == 1).all() and (planes[..., 8:][subject == 1] == 1).all()
    assert 0 < planes[..., 5][(background + subject) == 0].min() < 1


@pytest.mark.parametrize("is_hard", [False, True])
@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (500, 6000)])
def test_what_it_sees_of_a_large_photo_is_bounded(height, width, is_hard):
    network = Network(0.5)
    matte = matte_of(soft_disc(1024, 480.0), 1024)
    matte = np.rint(matte) if is_hard else matte
    solved = FbaMatting(network).solve(np.zeros((height, width, 3), np.uint8), matte)

    assert max(network.shown[0].shape[1:3]) <= 1032
    assert solved.size <= 4.1e6
    assert abs(solved.shape[1] / solved.shape[0] - width / height) < 0.1


def test_a_small_band_in_a_large_photo_is_seen_at_a_larger_scale():
    network = Network(0.5)
    matte = matte_of(soft_disc(512, 40.0), 512)
    solved = FbaMatting(network).solve(np.zeros((2000, 2000, 3), np.uint8), matte)

    assert solved.shape[0] > 1500


def test_haze_is_no_reason_to_look_everywhere():
    matte = np.maximum(matte_of(soft_disc(300, 40.0), 300), np.float32(0.03))
    network = Network(0.5)
    solved = FbaMatting(network).solve(gradient(300, 300), matte)

    assert network.shown[0].shape[1] < 250
    assert solved[0, 0] == 0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_matte_that_is_sure_of_all_needs_no_network(value):
    network = Network(0.5)
    solved = FbaMatting(network).solve(gradient(), np.full((64, 64), value, np.float32))

    assert network.shown == []
    assert (solved == value).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (7, 9)])
def test_extreme_shapes_come_out(shape):
    photo, matte = np.full((*shape, 3), 9, np.uint8), np.full((64, 64), 0.5, np.float32)

    assert_close(refine(photo, matte, FBA, FbaMatting(Network(0.5))), np.full(shape, 128), most=1)


def test_a_large_photo_gets_a_matte_of_its_own_size():
    alpha = cv2.resize(strands(96, 96), (768, 768), interpolation=cv2.INTER_LINEAR)
    photo = np.dstack([alpha] * 3)
    refined = refine(photo, matte_of(alpha, 96), FBA, FbaMatting(Network()))

    assert_close(refined, alpha, most=255, mean=1.5)


def test_without_its_network_it_is_refused():
    with pytest.raises(ModelUnavailable, match="fba-matting"):
        refine(gradient(), np.full((64, 64), 0.5, np.float32), FBA)
