"""What every test finds set: no setting of the person at the keyboard, and the photos where there are any."""

import os
from pathlib import Path

import pytest

for _name in [name for name in os.environ if name.startswith("CUTROOM_")]:
    del os.environ[_name]

_SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_pairs() -> Path:
    """Real photos with ground truth, which may not be committed; skips plainly where they are not."""
    pairs = _SHARED / "data" / "pairs"
    if not pairs.is_dir():
        pytest.skip("the evaluation photos (../shared/data/pairs) are not on this machine")
    return pairs
