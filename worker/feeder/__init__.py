"""The process that turns the lines of batches into jobs, a window at a time."""
