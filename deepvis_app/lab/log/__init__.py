"""A run's log: how it is written, read and followed."""
