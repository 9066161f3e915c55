"""All correlations of a layer's units, as a picture."""
