"""Concepts: directions of a layer that are learnt from pictures which show something, or do not."""
