"""torch networks on a GPU: copies beside the computing, passes recorded once, weights that can wait in the host.

Nothing here has ever run on a GPU. What only CUDA has stands in `cuda.py`; all else is plain torch and is tested on a
CPU, on a twin of that file whose streams are threads.
"""
