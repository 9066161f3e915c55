"""The only room that imports Qt."""
