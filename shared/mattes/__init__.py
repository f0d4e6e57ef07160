"""Mattes that can be used again: the same photo, the same options."""
