"""Commands that need a worker's parts."""
