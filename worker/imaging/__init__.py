"""Pixels as arrays: the types, and the way in and out of files. Knows no network, queue or storage."""
