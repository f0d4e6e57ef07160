"""What may be asked of enlarging."""

import pytest
from pydantic import ValidationError

from shared.catalog import UPSCALERS
from shared.spec.upscale import UpscaleSpec


def test_only_the_network_with_a_partner_takes_a_strength_of_denoising():
    assert UpscaleSpec(model="realesr-general-x4v3", denoise=0.3).denoise == 0.3
    for model in {"auto", *UPSCALERS} - {"realesr-general-x4v3"}:
        with pytest.raises(ValidationError, match="goes with realesr-general-x4v3 only") as refused:
            UpscaleSpec(model=model, denoise=0.3)
        assert refused.value.errors()[0]["loc"] == ("denoise",)


@pytest.mark.parametrize("strength", [-0.01, 1.01, float("nan"), "much"])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(ValidationError):
        UpscaleSpec(model="realesr-general-x4v3", denoise=strength)


def test_without_a_strength_the_network_is_as_it_is():
    assert UpscaleSpec().denoise is None
