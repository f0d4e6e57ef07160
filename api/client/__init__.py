"""The other end of the wire: a client that needs httpx and nothing else of this project."""
