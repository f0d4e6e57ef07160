"""From the wire to a job: bodies spooled, specifications read, the picture stored, the record made."""
