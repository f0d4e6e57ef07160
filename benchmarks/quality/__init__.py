"""How good mattes and colours are, against ground truth: `python -m benchmarks.quality`."""
