"""The long work there is."""
