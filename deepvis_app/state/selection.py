"""Which layer and unit the user looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.nets.directed import BETWEEN
from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence


class Focus(Enum):
    """Where the keyboard moves, as in the ancestor: along the layers or within the grid."""

    LAYERS = "layers"
    GRID = "grid"


class Zoom(Enum):
    """What fills the grid's pane."""

    GRID = "grid"
    UNIT = "unit"


@dataclass
class Selection:
    """The picked layer and unit; every layer remembers its own unit.

    One or two layers stand side by side in `panes`; `layer` is the one that is picked.
    Evented: `selection.events.connect(callback)` tells of every changed field; a reader acts once
    after all of them (the display clock), so that layer and unit always belong together.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    layer: str = ""
    unit: int = 0
    panes: tuple[str, ...] = ()
    focus: Focus = Focus.GRID
    zoom: Zoom = Zoom.GRID
    remembered: dict[str, int] = field(default_factory=dict)  # layer -> unit

    def pick_layer(self, layer: str) -> None:
        """Pick `layer`; it takes the place of the picked one unless it is shown already."""
        if layer in self.panes:
            self._pick(layer)
            return
        panes = tuple(layer if shown == self.layer else shown for shown in self.panes)
        self._pick(layer, panes or (layer,))

    def open_beside(self, layer: str) -> None:
        """Show `layer` as the second one and pick it."""
        if layer != self.layer:
            self._pick(layer, (self.layer, layer) if self.layer else (layer,))

    def close_beside(self) -> None:
        """Show the picked layer alone."""
        self.panes = (self.layer,) if self.layer else ()

    def pick_unit(self, unit: int, layer: str | None = None) -> None:
        """Pick a unit of the picked layer, or of `layer`, which is then picked too."""
        layer = layer or self.layer
        self.remembered[layer] = unit
        if layer == self.layer:
            self.unit = unit
        else:
            self.pick_layer(layer)

    def as_unit(self) -> Unit | None:
        return Unit(self.layer, self.unit) if self.layer else None

    def adopt(self, layers: Sequence[tuple[str, int]]) -> None:
        """Keep the selection where a new network has it, else pick a layer with a good view.

        Where directions are gone that is the layer that they were on.

        `layers` are (name, unit count) in execution order. Layers that two networks share keep
        their remembered units as far as those exist.
        """
        counts = dict(layers)
        self.remembered = {
            name: unit for name, unit in self.remembered.items() if unit < counts.get(name, 0)
        }
        if not counts:
            self._pick("", ())
            return
        near = self.layer, self.layer.rpartition(BETWEEN)[0]
        layer = next((name for name in near if name in counts), layers[len(layers) // 3][0])
        panes = tuple(name for name in self.panes if name in counts)
        self._pick(layer, panes if layer in panes else (layer,))

    def _pick(self, layer: str, panes: tuple[str, ...] | None = None) -> None:
        self.unit = self.remembered.get(layer, 0)
        self.layer = layer
        if panes is not None:
            self.panes = panes
