"""Helping the network to see: one module per tweak, each changing a copy that nobody but the network looks at."""
