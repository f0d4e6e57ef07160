"""Refinement and colours in torch, where the photo is large and the host's cores are few. Never run on a GPU.

The arithmetic is that of `worker.matting`, whose constants it takes; whole levels are whole levels here, too. What a
CPU gains by looking at soft pixels only, a device gains by looking at all of them at once.
"""
