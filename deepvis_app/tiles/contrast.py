"""How activations become shades: one range a layer or a unit, steady over time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Scaling(Enum):
    """Which activations share a range."""

    LAYER = "layer"  # minimum to maximum of the layer on this frame, as the ancestor
    UNIT = "unit"  # every unit its own range
    PERCENTILE = "percentile"  # running percentiles of the layer: no flicker
    LOCKED = "locked"  # the range stays as it was when locked


class Sign(Enum):
    """Whether zero has a fixed place in the middle of a diverging palette."""

    AUTO = "auto"  # diverging where the layer gives negative values
    SEQUENTIAL = "sequential"
    DIVERGING = "diverging"


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a layer's activations are scaled to shades, palette indices 0..254."""

    scaling: Scaling = Scaling.PERCENTILE
    sign: Sign = Sign.AUTO
    gamma: float = 1.0  # shade ** gamma; below 1 lifts the dark
    boost: float = 0.0  # 0..1: unit * (its maximum) ** -boost, as the ancestor's boost_indiv
    percentile: float = 99.5  # upper percentile of PERCENTILE
