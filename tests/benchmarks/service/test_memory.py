"""What a benchmark says of memory is what the processes hold."""

import subprocess
import sys

from benchmarks.service.memory import own_peak_bytes, own_resident_bytes, peak_bytes, resident_bytes


def test_a_peak_is_no_less_than_what_is_held():
    assert 0 < own_resident_bytes() <= own_peak_bytes()


def test_a_session_is_weighed_until_it_has_ended():
    command = [sys.executable, "-c", "more = b'x' * (32 << 20); print('ready', flush=True); input()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as holder:
        assert holder.stdout.readline() == b"ready\n"
        assert 32 << 20 < resident_bytes(holder.pid) <= peak_bytes(holder.pid) < 200 << 20
        holder.communicate(b"\n")
    assert resident_bytes(holder.pid) == peak_bytes(holder.pid) == 0
