"""The worker's parts, put together from the settings without loading or connecting anything."""

import subprocess
import sys

import pytest

from shared.errors import ModelUnavailable
from shared.settings import Settings
from worker.composition import open_deps
from worker.matting.finishing import OnCpu, OnCuda


def test_a_worker_starts_without_torch_and_the_hub_s_client():
    code = "import sys, worker.composition; sys.exit(bool({'torch', 'huggingface_hub'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_server_for_commercial_use_does_not_offer_the_others(tmp_path):
    deps = open_deps(Settings(data_dir=tmp_path, model_cache=tmp_path, commercial_only=True))
    for name in ("rmbg-1.4", "isnet-general-use"):
        with pytest.raises(ModelUnavailable, match=f"does not offer {name}"):
            deps.segmenters.get(name)


def test_models_of_both_tasks_share_one_budget(tmp_path):
    deps = open_deps(Settings(data_dir=tmp_path, model_cache=tmp_path))
    assert deps.segmenters._pool is deps.upscalers._pool is deps.matting._pool
    assert deps.segmenters.resident() == deps.upscalers.resident() == deps.matting.resident() == ()


def test_photos_are_finished_where_the_networks_run(tmp_path):
    on_cpu, on_cuda = (
        open_deps(Settings(data_dir=tmp_path, model_cache=tmp_path, device=device)).finishing
        for device in ("cpu", "cuda")
    )
    assert isinstance(on_cpu, OnCpu)
    assert isinstance(on_cuda, OnCuda)
