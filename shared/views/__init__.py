"""What is said of records to the outside: the API answers it, and webhooks carry the same."""
