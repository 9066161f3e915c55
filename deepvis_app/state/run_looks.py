"""What the user wants to see of the run that is looked at, below its curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from psygnal import SignalGroupDescriptor

HEATS = ("gradient", "update", "dead", "moved")  # what the picture of layers and steps can show
RIDGES = ("weights", "gradients", "updates", "activations")  # whose spread can be drawn


@dataclass
class RunLooks:
    """Evented, main thread only.

    `layer` and `at`: the layer that is looked into, and at which step; "" and None: the first with
    weights, and the newest. `heat`: the quantity of the picture of layers and steps. `ridges`:
    whose distributions are drawn, `as_bands` as percentiles, `beside` with what in each plot: the
    path of another run, or "layer:" and the name of one. `confused`: what some examples are, and
    what is said of them; None: all are looked at.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    layer: str = ""
    at: int | None = None
    heat: str = "gradient"
    ridges: str = "weights"
    as_bands: bool = False
    beside: str = ""
    confused: tuple[int, int] | None = None
