"""Two corpora beside each other, for the picked unit."""
