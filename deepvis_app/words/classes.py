"""What a network says of classes, as one reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def class_name(network: Network, index: int) -> str:
    """Return what a class is called, its number where it has no label."""
    return network.labels[index] if index < len(network.labels) else f"class {index}"


def score_text(score: float) -> str:
    """Return a class's score: two digits after the point where it can be a probability."""
    return f"{score:.2f}" if 0 <= score <= 1 else figure(score)
