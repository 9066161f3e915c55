"""Pictures: which of those that were scanned excite the unit."""
