import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.imaging.types import Cutout
from worker.upscaling.realesrgan import Upscaler

PAD_PX = 4


class SharpeningNetwork:
    """Enlarges by bicubic interpolation and sharpens hard: as local as a network, as wilful at edges."""

    def __init__(self, side_px=16 + 2 * PAD_PX + 8, scale=4, at_once=1):
        self.side_px, self.scale, self.at_once, self.runs = side_px, scale, at_once, 0

    def run(self, tiles):
        assert tiles.shape[1:] == (self.side_px, self.side_px, 3) and tiles.dtype == np.uint8
        assert len(tiles) <= self.at_once
        self.runs += 1
        return np.stack([self._enlarged(tile) for tile in tiles])

    def _enlarged(self, tile):
        large = cv2.resize(tile, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_CUBIC)
        return cv2.addWeighted(large, 2.0, cv2.GaussianBlur(large, (5, 5), 1.2), -1.0, 0)


def _upscaled(cutout, scale, network=None, progress=lambda _: None):
    return Upscaler(network or SharpeningNetwork(), PAD_PX).upscale(cutout, scale, progress)


def _disc(height=60, width=80):
    y, x = np.mgrid[:height, :width]
    alpha = np.clip(127 + 50 * (min(height, width) / 3 - np.hypot(y - height / 2, x - width / 2)), 0, 255)
    rgb = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    return Cutout.of(cv2.GaussianBlur(rgb, (5, 5), 1), alpha.astype(np.uint8))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1.5, 2.0, 2.7, 4.0]), st.integers(0, 99))
def test_opaque_stays_opaque_and_transparent_stays_transparent(height, width, scale, seed):
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    for level in (0, 255):
        result = _upscaled(Cutout.of(rgb, np.full((height, width), level, np.uint8)), scale)
        assert result.alpha.shape == (int(height * scale + 0.5), int(width * scale + 0.5))
        assert result.rgb.shape == (*result.alpha.shape, 3)
        assert (result.alpha == level).all()
        assert level or not result.rgb.any()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from([1.5, 4.0]), st.integers(0, 99))
def test_what_was_hidden_has_no_influence(height, width, scale, seed):
    random = np.random.default_rng(seed)
    alpha = cv2.resize(random.choice(np.array([0, 0, 130, 255], np.uint8), (4, 4)), (width, height))
    rgb = random.integers(0, 256, (height, width, 3), np.uint8)
    other = rgb.copy()
    other[alpha == 0] ^= 255
    first, second = (_upscaled(Cutout.of(colours, alpha), scale) for colours in (rgb, other))
    np.testing.assert_array_equal(first.rgb, second.rgb)
    np.testing.assert_array_equal(first.alpha, second.alpha)
    assert not first.rgb[first.alpha == 0].any()


@pytest.mark.parametrize("scale", [1.5, 2, 2.7, 4])
def test_regions_of_flat_alpha_stay_exactly_flat(scale):
    cutout = _disc()
    result = _upscaled(cutout, scale)
    square = np.ones((7, 7), np.uint8)
    centres = [
        np.minimum((np.arange(size) + 0.5) / scale, limit - 1).astype(int)
        for size, limit in zip(result.alpha.shape, cutout.alpha.shape, strict=True)
    ]
    least, most = (morph(cutout.alpha, square)[np.ix_(*centres)] for morph in (cv2.erode, cv2.dilate))
    assert (result.alpha[least == 255] == 255).all()
    assert (result.alpha[most == 0] == 0).all()
    assert len(np.unique(result.alpha[(least < 255) & (most > 0)])) > 20


@pytest.mark.parametrize("scale", [1.5, 4])
def test_tiled_equals_untiled(scale):
    cutout = _disc(90, 110)
    tiled = _upscaled(cutout, scale)
    whole = _upscaled(cutout, scale, SharpeningNetwork(side_px=256))
    for ours, theirs in ((tiled.rgb, whole.rgb), (tiled.alpha, whole.alpha)):
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_tiles_enlarged_together_give_the_same_picture():
    cutout, one, five = _disc(90, 110), SharpeningNetwork(), SharpeningNetwork(at_once=5)
    alone, together = (_upscaled(cutout, 4, network) for network in (one, five))
    np.testing.assert_array_equal(together.rgb, alone.rgb)
    np.testing.assert_array_equal(together.alpha, alone.alpha)
    assert five.runs < one.runs / 3


def test_tiled_equals_untiled_through_a_seeded_torch_network():
    torch = pytest.importorskip("torch", reason='needs the extra "torch"')
    from worker.upscaling.arch.pixels import PixelNetwork  # noqa: PLC0415
    from worker.upscaling.arch.srvgg import SRVGGNetCompact  # noqa: PLC0415

    torch.manual_seed(0)
    pixels = PixelNetwork(SRVGGNetCompact(num_conv=2, num_feat=8)).eval()

    class Seeded(SharpeningNetwork):
        def run(self, tiles):
            with torch.inference_mode():
                return pixels(torch.from_numpy(tiles)).numpy()

    cutout = _disc(50, 70)
    tiled, whole = (_upscaled(cutout, 4, Seeded(side_px)) for side_px in (32, 160))
    assert np.abs(tiled.rgb.astype(int) - whole.rgb).max() <= 1
    assert np.abs(tiled.alpha.astype(int) - whole.alpha).max() <= 1


def test_one_pixel_is_a_picture():
    cutout = Cutout.of(np.array([[[200, 100, 50]]], np.uint8), np.array([[128]], np.uint8))
    result = _upscaled(cutout, 4)
    assert result.alpha.shape == (4, 4)
    assert (result.alpha == 128).all()
    assert np.abs(result.rgb.astype(int) - [200, 100, 50]).max() <= 1


def test_a_scale_beyond_the_networks_takes_two_passes():
    result = _upscaled(_disc(20, 24), 3, SharpeningNetwork(scale=2))
    assert result.alpha.shape == (60, 72)
    assert result.alpha[30, 36] == 255 and result.alpha[0, 0] == 0


def test_the_profile_stays_and_the_frame_grows_along():
    cutout = _disc(40, 50)
    cutout = Cutout(cutout.rgb, cutout.alpha, b"profile", (5, 4, 40, 30))
    result = _upscaled(cutout, 2)
    assert result.icc_profile == b"profile"
    assert result.frame == (10, 8, 80, 60)


def test_progress_never_falls_and_ends_at_one():
    shares = []
    _upscaled(_disc(), 3, SharpeningNetwork(scale=2), shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 20


def test_a_raising_progress_stops_between_tiles():
    network, shares = SharpeningNetwork(), []

    def stop(done):
        shares.append(done)
        if len(shares) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        _upscaled(_disc(), 4, network, stop)
    assert network.runs == 3


def test_flat_tiles_cost_no_run_for_alpha_and_empty_ones_none_at_all():
    opaque, empty = np.full((48, 48), 255, np.uint8), np.zeros((48, 48), np.uint8)
    for alpha, runs in ((opaque, 4), (empty, 0)):
        network = SharpeningNetwork()
        _upscaled(Cutout.of(np.zeros((48, 48, 3), np.uint8), alpha), 4, network)
        assert network.runs == runs


def test_the_input_is_left_as_it_was():
    cutout = _disc()
    rgb, alpha = cutout.rgb.copy(), cutout.alpha.copy()
    _upscaled(cutout, 4)
    np.testing.assert_array_equal(cutout.rgb, rgb)
    np.testing.assert_array_equal(cutout.alpha, alpha)


def test_tiles_too_small_for_their_surroundings_are_refused():
    with pytest.raises(ValueError, match="at least 64 px"):
        Upscaler(SharpeningNetwork(side_px=60), 24)
