"""Runs inside rembg's own environment: for each photo path read, one `remove()`, answered with its seconds."""

import sys
import time
from pathlib import Path

from rembg import new_session, remove

weights = sys.argv[1]
session = new_session("dis_custom", model_path=weights)
print("ready", flush=True)
for line in sys.stdin:
    photo = Path(line.strip()).read_bytes()
    started = time.perf_counter()
    cutout = remove(photo, session=session, post_process_mask=False)
    print(time.perf_counter() - started, len(cutout), flush=True)
