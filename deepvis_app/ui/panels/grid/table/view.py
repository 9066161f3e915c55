"""The table of units: its title, a line a unit, and what it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.state.unit_table import Few, Scope
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.grid.table.cell_pictures import CellPictures
from deepvis_app.ui.panels.grid.table.columns import PICTURES, Kind
from deepvis_app.ui.panels.grid.table.foot import TableFoot
from deepvis_app.ui.panels.grid.table.lines import UnitTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage

    from deepvis_app.nets import Unit
    from deepvis_app.tiles import Mosaic, PictureMosaic
    from deepvis_app.ui.panels.grid.table.columns import Column
    from deepvis_app.ui.panels.grid.table.head import Spread
    from deepvis_app.ui.panels.grid.table.rows import UnitRows

SCOPES = (
    Choice(Scope.SHOWN.value, "Layer", tip="Units of the layer, or of both side by side"),
    Choice(Scope.ALL.value, "All layers", tip="Units of all layers of the network"),
)


class TableView(QWidget):
    """Everything shown comes in by setters; rows are those of `UnitRows`."""

    row_picked = pyqtSignal(int)
    row_opened = pyqtSignal(int)
    seen_changed = pyqtSignal()
    stepped = pyqtSignal(int)  # lines down
    sort_requested = pyqtSignal(str)  # key of a column
    few_picked = pyqtSignal(object)  # Few
    scope_picked = pyqtSignal(object)  # Scope
    column_toggled = pyqtSignal(str)
    columns_reset = pyqtSignal()
    copy_requested = pyqtSignal()
    save_requested = pyqtSignal()
    matrix_requested = pyqtSignal()
    compare_requested = pyqtSignal()
    hold_requested = pyqtSignal()  # the picked unit at zero, or to let it go

    def __init__(self) -> None:
        super().__init__()
        self.table = UnitTable()
        self.table.cells.image = self._image
        for name in ("row_picked", "row_opened", "seen_changed", "stepped"):
            getattr(self.table, name).connect(getattr(self, name))
        self.table.head.sectionClicked.connect(self._sort)
        self._pictures = CellPictures()
        self.controls = self._controls()
        self.foot = TableFoot()
        for name in ("matrix", "compare", "copy", "save", "hold"):
            getattr(self.foot, f"{name}_requested").connect(getattr(self, f"{name}_requested"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._title_line())
        column.addWidget(self.table, 1)
        column.addWidget(self.foot)

    def add_control(self, widget: QWidget) -> None:
        """Put a control at the right end of the title's line."""
        self._head.addWidget(widget)

    # What is shown

    def set_rows(self, rows: UnitRows | None) -> None:
        self._pictures.clear()
        self.table.units.set_rows(rows)
        self.table.lay_columns()

    def set_order(self, order: NDArray[np.int64], *, to_top: bool) -> None:
        """Let rows stand in another order; the view stays where it is, or goes to the first."""
        bar = self.table.verticalScrollBar()
        before = 0 if bar is None or to_top else bar.value()
        self.table.units.set_order(order)
        if bar is not None:
            bar.setValue(before)
        self.table.look()

    def set_columns(self, columns: Sequence[Column]) -> None:
        self.table.units.set_columns(columns)
        self.table.lay_columns()

    def set_offered(self, columns: Sequence[Column], shown: Sequence[str]) -> None:
        """Offer columns, those that are shown with a tick before their names."""
        choices = tuple(
            Choice(
                c.key, f"{'✓' if c.key in shown else '   '}  {_name(c)}", tip=c.tip,
                enabled=c.key not in ("unit", "class"),
            )
            for c in columns
        )  # fmt: skip
        usual = Choice("", "The usual columns", tip="Show the columns as they are at the start")
        self._chooser.set_groups([ChoiceGroup("", choices), ChoiceGroup(" ", (usual,))])

    def set_sorted(self, key: str, *, descending: bool) -> None:
        self.table.head.set_sorted(key, descending=descending)

    def set_scope(self, scope: Scope) -> None:
        self._scopes.set_current(scope.value)
        self._scope.set_texts(next(c.title for c in SCOPES if c.key == scope.value))

    def set_title(self, layer: str, detail: str) -> None:
        self._title.set_text(layer)
        self._detail.set_text(detail)

    def set_counts(self, few: Few, counts: Mapping[Few, int], why_not: str) -> None:
        """Show how many units each filter leaves; `why_not` those of the corpus are not known."""
        self._few.set_options(
            tuple(
                Segment(
                    each.value,
                    f"{each.value.capitalize()} {counts[each]}",
                    why_not if why_not and each in (Few.TWINS, Few.DEAD) else FEW_TIPS[each],
                )
                for each in Few
            )
        )
        self._few.set_current(few.value)

    def set_histograms(self, spreads: Mapping[str, Spread]) -> None:
        self.table.head.set_spreads(spreads)

    def set_picked(self, row: int | None) -> None:
        if row != self.table.cells.picked:
            self.table.cells.picked = row
            self._repaint()

    def set_empty(self, text: str, remedy: str) -> None:
        if (text, remedy) != self.table.empty:
            self.table.empty = text, remedy
            self._repaint()

    def set_maps(
        self, layer: str, units: NDArray[np.int64], mosaic: Mosaic, palette: NDArray[np.uint8]
    ) -> None:
        """Take the maps of a layer's units that are in view."""
        self._pictures.set_maps(layer, units, mosaic, palette, self.ratio())
        self._tell(lambda column: column.kind is Kind.MAP)

    def set_preferred(self, layer: str, units: Sequence[int], mosaic: PictureMosaic) -> None:
        """Take the pictures that were made for a layer's units in view."""
        self._pictures.set_preferred(layer, units, mosaic)
        self._tell(lambda column: column.kind is Kind.PREFERRED)

    def show_crops(self, crop: Callable[[Unit], NDArray[np.uint8] | None]) -> None:
        """Show crops as far as `crop` has them."""
        self._pictures.set_crops(crop)
        self._tell(lambda column: column.kind is Kind.PHOTO)

    def show_live(self) -> None:
        """Paint the live numbers anew."""
        self._tell(lambda column: column.is_live)

    def show_all(self) -> None:
        self._repaint()

    def seen(self) -> tuple[int, int]:
        return self.table.seen()

    def ratio(self) -> float:
        """Return how many pixels of the screen are one logical one."""
        return self.devicePixelRatioF()

    def is_pointed(self) -> bool:
        """Tell whether the pointer is over the rows."""
        viewport = self.table.viewport()
        return viewport is not None and viewport.underMouse()

    def reveal(self, line: int) -> None:
        """Scroll a line into view."""
        index = self.table.units.index(line, 0)
        self.table.scrollTo(index, QTableView.ScrollHint.EnsureVisible)

    def copy(self, text: str) -> None:
        if (clipboard := QGuiApplication.clipboard()) is not None:
            clipboard.setText(text)

    def _image(self, row: int, kind: Kind) -> tuple[QImage, QRect] | None:
        rows = self.table.units.rows
        return None if rows is None else self._pictures.image(rows, row, kind)

    def _tell(self, which: Callable[[Column], bool]) -> None:
        columns = [n for n, column in enumerate(self.table.units.columns) if which(column)]
        self.table.units.tell(self.table.seen(), columns)

    def _repaint(self) -> None:
        if (viewport := self.table.viewport()) is not None:
            viewport.update()

    def _sort(self, section: int) -> None:
        columns = self.table.units.columns
        if section < len(columns) and columns[section].kind not in PICTURES:
            self.sort_requested.emit(columns[section].key)

    # Made once

    def _controls(self) -> tuple[QWidget, ...]:
        """Return the controls that stand in the line above the grid."""
        segments = tuple(Segment(f.value, f.value.capitalize(), FEW_TIPS[f]) for f in Few)
        self._few = Segmented(segments, Few.ALL.value)
        self._few.setAccessibleName("Which units are left")
        self._few.picked.connect(lambda key: self.few_picked.emit(Few(key)))
        self._scopes = ChoicePopup()
        self._scopes.set_groups([ChoiceGroup("", SCOPES)])
        self._scopes.chosen.connect(lambda key: self.scope_picked.emit(Scope(key)))
        self._scope = ChipButton("Whose units are in the table")
        self._scope.set_popup(self._scopes)
        self._chooser = ChoicePopup()
        self._chooser.chosen.connect(self._choose_column)
        columns = ChipButton("Which columns the table has")
        columns.set_texts("Columns")
        columns.set_popup(self._chooser)
        return self._few, self._scope, columns

    def _choose_column(self, key: str) -> None:
        if key:
            self.column_toggled.emit(key)
        else:
            self.columns_reset.emit()

    def _title_line(self) -> QHBoxLayout:
        self._title, self._detail = ElidedLabel(Qt.TextElideMode.ElideMiddle), ElidedLabel()
        self._title.setProperty("role", "title")
        self._detail.setProperty("role", "muted")
        self._head = QHBoxLayout()
        self._head.setSpacing(12)
        self._head.addWidget(self._title)
        self._head.addWidget(self._detail, 1)
        return self._head


FEW_TIPS = {
    Few.ALL: "All units",
    Few.FIRING: "Units that are above zero somewhere on this picture",
    Few.TWINS: "Units that another one goes with: r above 0.95, also on each other's best",
    Few.DEAD: "Units that were never above zero on any photograph scanned",
}


def _name(column: Column) -> str:
    names = {"map": "Live map", "photo": "Best photograph", "preferred": "Preferred image"}
    return names.get(column.key, column.title)
