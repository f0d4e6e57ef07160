"""Result files, one module each, named as the `format` that asks for it.

A module has `CONTENT_TYPE`, `EXTENSION`, `MAX_SIDE_PX` (what the format holds) and `write(pixels, tags, spec)`, which
gives the bytes of a file: `pixels` is uint8, grey (H, W), BGR (H, W, 3) or BGRA (H, W, 4), OpenCV's order.
"""
