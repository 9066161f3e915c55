"""A unit held at a value."""
