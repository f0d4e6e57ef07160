"""Runs networks: reads their checkpoints, converts them once, holds them on a device. Knows nothing of pictures.

`loading.load_network` is the way in: a `recipe` and a weights file in, a `Network` out. torch is imported only where
a network is built: a machine without it can run graphs that were converted before, and ONNX files.
"""
