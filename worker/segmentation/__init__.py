"""From a photo to its matte. Knows networks; knows no queue, storage or settings."""
