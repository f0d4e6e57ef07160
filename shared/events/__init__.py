"""What the outside hears of: an outbox that transitions write, endpoints that listen, deliveries that arrive."""
