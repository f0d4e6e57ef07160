"""A whole Cutroom of real processes to measure, its callers, and the photos they send."""
