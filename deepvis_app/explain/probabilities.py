"""From what a network gives for its classes to probabilities."""

from deepvis_app.nets.outputs import probabilities

__all__ = ["probabilities"]
