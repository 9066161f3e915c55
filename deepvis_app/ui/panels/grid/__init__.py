"""All units of a layer."""
