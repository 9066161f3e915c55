"""All units of a layer as a table of their figures."""
