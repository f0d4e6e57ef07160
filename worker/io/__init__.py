"""Bytes in and out of a worker: weights, stage artefacts, pictures named by URL."""
