"""What a figure was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("openvino", "numpy", "opencv-contrib-python-headless", "pillow", "celery")


def describe() -> dict[str, object]:
    """Processor, cores and the versions that matter."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
