"""How the user wants things shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.engine.readers import UnitOrder
from deepvis_app.state.choices import after
from deepvis_app.tiles import palette
from deepvis_app.tiles.contrast import Contrast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.nets.preprocessing import Fit

GAMMAS = (1.0, 0.7, 0.5, 0.3)  # the ancestor's boost_gamma and boost_indiv choices
BOOSTS = (0.0, 0.3, 0.5, 0.8, 1.0)
LEAST_RANGE = 0.1  # percent between the ends of the steady range


class Overlay(Enum):
    """What lies over the input beside the picked unit."""

    OFF = "off"
    ACTIVE = "active"  # the picture shows where the unit is active
    HEAT = "heat"  # the unit's map in colour over the picture


class GridShows(Enum):
    """What a grid's tiles show of their units."""

    ACTIVITY = "activity"
    BACKWARD = "backward"  # how the explained unit's gradient comes through the layer
    PREFERRED = "preferred"  # the picture made for the unit
    PICTURES = "pictures"  # what excites the unit most of the pictures that were scanned
    TABLE = "table"  # its figures, a line a unit


@dataclass
class Appearance:
    """Options of the grid, the input and the inspector. Evented, main thread only."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    contrast: Contrast = field(default_factory=Contrast)
    palette: str = "magma"
    diverging_palette: str = "blue-orange"
    grid_shows: GridShows = GridShows.ACTIVITY
    order: UnitOrder = UnitOrder.INDEX
    order_serial: int = 0
    hide_dead: bool = False
    search: str = ""
    tile_scale: float = 1.0  # 1: all units fit, or the smallest readable tile
    fit: Fit | None = None
    mirror: bool = False
    overlay: Overlay = Overlay.HEAT
    overlay_opacity: float = 0.6
    show_predictions: bool = True
    pinned_classes: tuple[int, ...] = ()

    def colours(self, *, signed: bool) -> NDArray[np.uint8]:
        """Return the palette (256, 3) for values with or without a sign."""
        return palette(self.diverging_palette if signed else self.palette)

    def change_contrast(self, **changes: Any) -> None:
        """Take other fields; a range keeps its low end below the other one."""
        contrast = replace(self.contrast, **changes)
        most = max(contrast.percentile - LEAST_RANGE, 0.0)
        self.contrast = replace(contrast, low_percentile=min(contrast.low_percentile, most))

    def sort_by(self, order: UnitOrder) -> None:
        """Sort anew; picking the same order again sorts by the present activity."""
        self.order_serial += 1
        self.order = order

    def toggle_pin(self, index: int) -> None:
        pinned = self.pinned_classes
        self.pinned_classes = (
            tuple(i for i in pinned if i != index) if index in pinned else (*pinned, index)
        )

    def cycle_gamma(self) -> None:
        self.change_contrast(gamma=after(GAMMAS, self.contrast.gamma))

    def cycle_boost(self) -> None:
        self.change_contrast(boost=after(BOOSTS, self.contrast.boost))
