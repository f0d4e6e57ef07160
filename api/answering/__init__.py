"""What a caller is told of a job: at once, after waiting for it, and as it happens."""
