"""What a caller may ask for: parsed once at the edge, frozen afterwards."""
