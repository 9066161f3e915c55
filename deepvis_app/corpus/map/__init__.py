"""The map of codes: laying them out in two dimensions, and finding one's way in it."""
