"""Whether anything grows faster than what it is about; see `__main__.py`."""
