"""Numbers, quantities and names as a person reads them. Without Qt."""
