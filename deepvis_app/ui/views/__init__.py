"""Passive panes: setters and signals. They do not know each other."""
