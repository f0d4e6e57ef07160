"""Speed and quality, measured as ratios side by side in one run; figures go to `results/`.

Every module here is a command, as are the folders `capacity` and `quality`: `python -m benchmarks.throughput`. What
they measure with lies in `service` and `rivals`, what they say it with in `publishing`.
"""
