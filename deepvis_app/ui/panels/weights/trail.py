"""The way by which one came to a unit, for going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.nets import Unit
    from deepvis_app.state.selection import Selection

MOST = 20


class Trail:
    """Picks units and remembers those before. Whoever picks another way begins anew."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._units: list[Unit] = []
        self._here: Unit | None = None

    @property
    def last(self) -> Unit | None:
        """The unit that `back` leads to."""
        return self._units[-1] if self._units else None

    def __len__(self) -> int:
        return len(self._units)

    def follow(self) -> None:
        """Take note of the picked unit; call it whenever that may be another."""
        unit = self._selection.as_unit()
        if unit != self._here:
            self._here = unit
            self._units.clear()

    def step(self, layer: str, unit: int) -> None:
        """Pick a unit and remember the one that was picked."""
        before = self._selection.as_unit()
        if before is not None:
            self._units = [*self._units, before][-MOST:]
        self._pick(layer, unit)

    def back(self) -> bool:
        """Pick the unit before; return whether there was one."""
        if not self._units:
            return False
        unit = self._units.pop()
        self._pick(unit.layer, unit.index)
        return True

    def clear(self) -> None:
        self._units.clear()

    def _pick(self, layer: str, unit: int) -> None:
        self._selection.pick_unit(unit, layer)
        self._here = self._selection.as_unit()
