"""A concept taught by pictures."""
