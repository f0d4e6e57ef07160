"""The command line `cutroom`."""
