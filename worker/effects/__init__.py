"""Effects on a finished cut-out: each module is named as the `type` that asks for it, and has one `apply`.

`apply(cutout, spec, scene)` returns a new cut-out. Lengths of the specification are in percent of the longer
side of the photo's frame, so that a shadow looks the same before and after cropping or upscaling.
"""
