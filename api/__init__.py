"""HTTP: parse, authorise, record, enqueue, answer; and the client for the other end of the wire."""
