"""What a stage hands over arrives as it was."""

import numpy as np
import pytest
from PIL import ImageCms

from shared.errors import InternalError
from tests.images import assert_close, cutout, disc, strands
from worker.imaging.artefact import (
    decode_artefact,
    decode_matte_artefact,
    encode_artefact,
    encode_matte_artefact,
)

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("icc_profile", [None, SRGB])
def test_a_cutout_comes_back_but_for_its_hidden_colours(icc_profile):
    subject = cutout(icc_profile=icc_profile)
    back = decode_artefact(bytes(encode_artefact(subject)))
    assert_close(back.alpha, subject.alpha)
    assert_close(back.rgb, np.where(subject.alpha[..., None] > 0, subject.rgb, 0))
    assert (back.icc_profile, back.frame) == (icc_profile, subject.frame)


@pytest.mark.parametrize("alpha", [disc(), strands()])
def test_a_matte_comes_back(alpha):
    assert_close(decode_matte_artefact(bytes(encode_matte_artefact(alpha))), alpha)


def test_anything_else_is_our_fault():
    for decode in (decode_artefact, decode_matte_artefact):
        with pytest.raises(InternalError):
            decode(b"not a picture")
    with pytest.raises(InternalError):
        decode_artefact(bytes(encode_matte_artefact(disc())))
    with pytest.raises(InternalError):
        decode_matte_artefact(bytes(encode_artefact(cutout())))
