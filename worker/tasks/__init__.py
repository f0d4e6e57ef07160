"""One module per stage: it moves data between the record, storage and the pixel rooms."""
