"""Small colour profiles made by hand (ICC.1:2001-04), for spaces that no library makes one for."""

import struct

import numpy as np


def profile(space, connection, kind, tags):
    """A version 2 profile of `tags`: signature → data, each beginning with its type."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        table += signature + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, kind, space, connection)
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + body


def grey(gamma):
    """A grey display whose light grows as value ** gamma."""
    white = b"XYZ \0\0\0\0" + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    return profile(b"GRAY", b"XYZ ", b"mntr", {b"wtpt": white, b"kTRC": curve})


def cmyk_of_black_ink_only():
    """A press whose cyan, magenta and yellow do not show: nobody could take it for a plain conversion."""
    straight = bytes(range(256))
    # Lab of 8 bits at each corner of the inks' cube, black running fastest: white without it, black with it.
    grid = (bytes([255, 128, 128]) + bytes([0, 128, 128])) * 2**3
    identity = np.eye(3).ravel()
    matrix = b"".join(struct.pack(">i", int(value * 65536)) for value in identity)
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + straight * 4 + grid + straight * 3
    return profile(b"CMYK", b"Lab ", b"prtr", {b"A2B0": table})
