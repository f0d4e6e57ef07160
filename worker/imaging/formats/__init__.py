"""Result files, one module each, named as the `format` that asks for it.

A module has `CONTENT_TYPE`, `EXTENSION`, `MAX_SIDE_PX` (what the format holds) and `write(picture, tags, spec)`,
which gives the bytes of a file: `picture` is uint8, grey, BGR or BGRA.
"""
