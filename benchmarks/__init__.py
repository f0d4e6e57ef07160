"""Speed and quality, measured as ratios side by side in one run; figures go to `results/`."""
