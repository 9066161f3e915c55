"""From a picture to what the network wants: fit, resize, normalise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fit(Enum):
    """How a picture of another shape is brought to the network's input."""

    CROP = "crop"  # centre crop after resizing, as networks are usually evaluated
    LETTERBOX = "letterbox"  # the whole picture, padded
    STRETCH = "stretch"  # the whole picture, aspect ratio ignored


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the network's input lies in the source picture, in source pixels (may exceed it)."""

    top: float
    left: float
    height: float
    width: float
    mirrored: bool = False
