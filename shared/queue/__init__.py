"""Handing work over: a message is a doorbell, never the work itself."""
