"""Networks on a GPU against what its matrix units could do. Written without a GPU at hand; see `__main__.py`."""
