"""How many workers a load needs: our own queue, simulated event by event."""
