"""Who may ask: tenants, their keys, their limits."""
