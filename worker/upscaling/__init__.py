"""Real-ESRGAN on a finished cut-out: colour and alpha in, larger colour and alpha out, no fringe.

`realesrgan.Upscaler` is the way in. `arch` holds the networks, `runtime` runs one on tiles of a fixed side, `tiles`
cuts and pastes; `bleed`, `recombine` and `reduce` are the pixel work around the network. Nothing here knows of jobs,
storage or queues. torch is imported only where a network is built: a machine without it can import the room and run a
converted graph.
"""
