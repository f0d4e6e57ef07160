"""The process that delivers events to those who asked for them."""
