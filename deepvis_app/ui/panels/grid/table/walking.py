"""From line to line of the table, with the keys and the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.selection import Focus

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.table.standing import Standing
    from deepvis_app.ui.panels.grid.table.view import TableView


class TableWalk:
    """Picks the units that one points at or comes to. Knows no Qt."""

    def __init__(self, view: TableView, desk: Desk, standing: Standing) -> None:
        self._view, self._standing = view, standing
        self._selection, self._sight = desk.selection, desk.sight
        view.row_picked.connect(self.pick)
        view.row_opened.connect(self.open)
        view.stepped.connect(self.step)

    def pick(self, row: int) -> None:
        if self._standing.rows is not None:
            unit = self._standing.rows.at(row)
            self._selection.focus = Focus.GRID
            self._selection.pick_unit(unit.index, unit.layer)

    def open(self, row: int) -> None:
        """Pick a row's unit and show the inspector's page of it."""
        self.pick(row)
        self._sight.show_page(self._sight.page)

    def step(self, distance: int) -> None:
        """Pick the unit so many rows further on; from the first one up, go to the layers."""
        if self._standing.rows is None or not len(self._standing.order):
            if distance < 0:
                self._selection.focus = Focus.LAYERS
            return
        here = self._standing.line_of_picked()
        if here == 0 and distance < 0:
            self._selection.focus = Focus.LAYERS
            return
        start = -1 if here is None else here
        place = min(max(start + distance, 0), len(self._standing.order) - 1)
        self.pick(int(self._standing.order[place]))
        self._view.reveal(place)

    def reveal(self) -> None:
        if (place := self._standing.line_of_picked()) is not None:
            self._view.reveal(place)

    def take_first(self) -> bool:
        """Pick the first unit of the table; return whether there is one."""
        if not len(self._standing.order):
            return False
        self.pick(int(self._standing.order[0]))
        self._view.reveal(0)
        return True
