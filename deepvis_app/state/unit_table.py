"""How the user wants the table of units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from psygnal import SignalGroupDescriptor

COLUMNS = ("map", "photo", "unit", "live", "mean", "zero", "best", "selectivity", "twin", "silent")


class Few(Enum):
    """Which of the units are left in the table."""

    ALL = "all"
    FIRING = "firing"  # above zero on this frame
    TWINS = "twins"  # another one goes with it nearly always
    DEAD = "dead"  # never above zero on all that was scanned


class Scope(Enum):
    """Whose units are in the table."""

    SHOWN = "shown"  # those of the layer, or of both layers side by side
    ALL = "all"  # of all layers


@dataclass
class TableOptions:
    """Columns, order and filter of the table of units. Evented, main thread only."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    columns: tuple[str, ...] = COLUMNS  # keys, as they stand
    sorted_by: str = "unit"
    is_descending: bool = False
    few: Few = Few.ALL
    scope: Scope = Scope.SHOWN
    search: str = ""

    def sort_by(self, column: str) -> None:
        """Sort by a column, the highest first; again: the other way round."""
        if column == self.sorted_by:
            self.is_descending = not self.is_descending
        else:
            self.sorted_by, self.is_descending = column, column != "unit"

    def toggle_column(self, column: str) -> None:
        """Show a column, or leave it out; the unit itself stays."""
        if column == "unit":
            return
        if column in self.columns:
            self.columns = tuple(each for each in self.columns if each != column)
        else:
            self.columns = (*self.columns, column)
