"""How the user wants weights shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from psygnal import SignalGroupDescriptor


class FilterOrder(Enum):
    """How the filters of a layer stand side by side."""

    NUMBER = "number"
    NORM = "norm"
    HUE = "hue"


@dataclass
class WeightOptions:
    """Evented, main thread only.

    `by_weight`: inputs stand by their weights alone, not by what they give now. `shared_scale`:
    the largest weight of the layer is full colour in all its filters, else each one's own.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    by_weight: bool = False
    filter_order: FilterOrder = FilterOrder.NUMBER
    shared_scale: bool = False
