"""Which workers are alive, and what they say of themselves."""
