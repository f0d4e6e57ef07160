"""The contract between the API and the workers, and the ports to what they share."""
