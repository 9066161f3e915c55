"""The inspector's head: what the picked unit is called, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.readers import AblationReader, UnitReader
from deepvis_app.known.unit_words import unit_words
from deepvis_app.state.resolve import unit_asked

if TYPE_CHECKING:
    from deepvis_app.engine.readers import AblationReading, UnitReading
    from deepvis_app.nets import Network, Unit
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.panel import Tick
    from deepvis_app.ui.shell.inspector import InspectorView

WORDS_S = 0.2  # slow enough to be read
NO_UNIT = "No unit", "Click a tile to question its unit"


class HeadPresenter:
    """Keeps the head in step with the picked unit. Knows no Qt."""

    def __init__(self, view: InspectorView, selection: Selection) -> None:
        self._view, self._selection = view, selection
        self._network: Network | None = None
        self._unit: Unit | None = None
        self._reading: UnitReading | None = None  # not shown yet
        self._held: AblationReading | None = None  # it is set to a value
        self._worded_s = 0.0

    def set_network(self, network: Network | None) -> None:
        self._network, self._unit, self._reading = network, None, None
        self._view.set_unit(*NO_UNIT)

    def ask(self) -> tuple[UnitReader, ...]:
        """Return the question for the picked unit's values; () where none is picked."""
        unit = self._selection.as_unit()
        if unit != self._unit:
            self._unit, self._reading, self._worded_s = unit, None, 0.0
            if unit is None:
                self._view.set_unit(*NO_UNIT)
        return () if self._network is None else unit_asked(self._network, self._selection)

    def tick(self, tick: Tick) -> None:
        reading = None if tick.snapshot is None else tick.snapshot.first(UnitReader)
        if reading is not None and tick.snapshot is not None and reading.unit == self._unit:
            self._reading = reading
            held = tick.snapshot.first(AblationReader)
            self._held = held if held is not None and held.unit == reading.unit else None
        if self._reading is None or self._network is None:
            return
        if tick.now_s - self._worded_s >= WORDS_S:
            info = self._network.layer(self._reading.unit.layer)
            self._view.set_unit(*unit_words(self._reading, info, self._network, self._held))
            self._reading, self._worded_s = None, tick.now_s
