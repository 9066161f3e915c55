"""The grids of units as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from deepvis_app.known.stream_words import waiting_text
from deepvis_app.tiles import DIVERGING, SEQUENTIAL
from deepvis_app.ui.kit.pictures.colour_bar import Bar
from deepvis_app.ui.panel import Panel, Savable
from deepvis_app.ui.panels.grid.commands import GridCommands
from deepvis_app.ui.panels.grid.compare.presenter import ComparePresenter
from deepvis_app.ui.panels.grid.compare.view import CompareView
from deepvis_app.ui.panels.grid.contrast import ContrastPresenter
from deepvis_app.ui.panels.grid.contrast_popup import ContrastPopup
from deepvis_app.ui.panels.grid.find.presenter import FindPresenter
from deepvis_app.ui.panels.grid.find.view import FindView
from deepvis_app.ui.panels.grid.matrix.presenter import MatrixPresenter
from deepvis_app.ui.panels.grid.matrix.view import MatrixView
from deepvis_app.ui.panels.grid.pictures import PictureGridPresenter
from deepvis_app.ui.panels.grid.presenter import GridPresenter
from deepvis_app.ui.panels.grid.records import RecordGridPresenter
from deepvis_app.ui.panels.grid.table.presenter import TablePresenter
from deepvis_app.ui.panels.grid.view import GridView

if TYPE_CHECKING:
    from PyQt6.QtGui import QImage

    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick
    from deepvis_app.ui.panels.grid.view import GridPane


class GridPanel(Panel):
    """All units of one layer, or of two."""

    view: GridView

    def __init__(self, desk: Desk) -> None:
        self._selection = desk.selection
        self.contrast = ContrastPopup(SEQUENTIAL, DIVERGING)
        self.view = GridView(self.contrast)
        self.view.explanation_requested.connect(desk.notices.explain)
        self.pictures = PictureGridPresenter(self.view, desk)
        self.records = RecordGridPresenter(self.view, desk)
        self.table = TablePresenter(self.view.table, desk)
        self.presenter = GridPresenter(self.view, desk, self.pictures, self.records, self.table)
        self.finder = FindView(self.view.search)
        self.finder.explanation_requested.connect(desk.notices.explain)
        self.finding = FindPresenter(self.finder, desk)
        self.view.find_requested.connect(self.finder.open)
        self.matrix = MatrixView(self.view)
        self.matrix.explanation_requested.connect(desk.notices.explain)
        self.kin = MatrixPresenter(self.matrix, desk)
        self.view.table.matrix_requested.connect(self.matrix.open)
        self.compare = CompareView(self.view.table.foot.buttons["Compare"])
        self.compare.explanation_requested.connect(desk.notices.explain)
        self.comparing = ComparePresenter(self.compare, desk)
        self.view.table.compare_requested.connect(self.compare.open)
        self.commands = GridCommands(desk, self.presenter)
        self.view.search_taken.connect(self.commands.take_unit)
        self.view.page_requested.connect(desk.sight.show_page)
        self.view.save_requested.connect(desk.files.save_tile)
        self.view.beside_requested.connect(self.commands.toggle_beside)
        self._contrasting = ContrastPresenter(self.contrast, desk.options.view)
        self._waiting: str | None = None

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)
        self.finding.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return (*self.presenter.ask(), *self.finding.ask())

    def tick(self, tick: Tick) -> None:
        if (waiting := waiting_text(tick.status)) != self._waiting:
            self._waiting = waiting
            self.presenter.set_stale(waiting)
        if tick.snapshot is not None and self.presenter.network is not None:
            self.presenter.show_snapshot(tick.snapshot, self.presenter.network)
        if tick.jobs is not None:
            self.pictures.take(tick.jobs)
        self.pictures.tick()
        self.records.tick()
        self.table.tick()
        self.finding.tick(tick.snapshot)
        self.kin.tick()
        self.comparing.tick()

    def put_away(self) -> bool:
        popups = (self.finder, self.compare)
        is_open = self.matrix.is_open() or any(popup.is_open() for popup in popups)
        for popup in popups:
            popup.close_popup()
        self.matrix.close()
        return is_open

    def reset(self) -> None:
        self.commands.reset()

    def open_compare(self) -> None:
        """Show the table, whose columns the comparison is, and the choice of a corpus."""
        self.commands.show_table()
        self.compare.open()

    def find(self) -> None:
        """Give the keyboard to the search."""
        self.view.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.view.search.selectAll()

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "grid", "Grid of units", "units of a layer", self._image, self._bar, is_whole=True
            ),
            Savable("tile", "Map of the unit", "map of a unit", self._tile, self._bar),
        )

    def pane(self) -> GridPane:
        """Return the pane of the picked layer."""
        panes, layer = self._selection.panes, self._selection.layer
        return self.view.panes[panes.index(layer) if layer in panes else 0]

    def _image(self) -> QImage | None:
        return self.pane().canvas.mosaic_image()

    def _tile(self) -> QImage | None:
        """The unit's tile as the grid has it."""
        return self.pane().canvas.tile_image(self._selection.unit)

    def _bar(self) -> Bar | None:
        colours = self.pane().colours
        if colours.shades is None or colours.isHidden():
            return None
        return Bar(colours.shades, *colours.span)
