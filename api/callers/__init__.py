"""Who asks, how much he may, and what he has asked before."""
