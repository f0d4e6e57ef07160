"""Other people's tools, each in a virtual environment of its own, driven line by line so that runs interleave."""
