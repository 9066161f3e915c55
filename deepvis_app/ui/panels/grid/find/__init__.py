"""Units that answer to a class, the picture or another unit."""
