"""Batches: thousands of jobs handed in as lines, taken in whole or not at all."""
