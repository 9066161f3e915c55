"""A unit's filter as a picture, and all filters of its layer side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deepvis_app.state.weights import FilterOrder
from deepvis_app.ui.kit.flow import FlowLayout
from deepvis_app.ui.kit.pictures.picture_grid import Cell, PictureGrid
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

FILTER_PX = 168
COLUMNS = 12
OWN, SHARED = "own", "shared"
ORDERS = (
    Segment(FilterOrder.NUMBER.value, "Number", "Filters stand by their units' numbers"),
    Segment(FilterOrder.NORM.value, "Length", "The filters with the largest weights come first"),
    Segment(FilterOrder.HUE.value, "Hue", "Filters of like colours stand together, grey ones last"),
)
SCALES = (
    Segment(OWN, "Own", "The strongest weight of each filter is full colour"),
    Segment(SHARED, "Shared", "The strongest weight of the layer is full colour in all filters"),
)


class FiltersView(QWidget):
    """Shown where a unit reads the picture itself."""

    order_picked = pyqtSignal(object)  # FilterOrder
    scale_picked = pyqtSignal(bool)  # whether it is shared
    unit_picked = pyqtSignal(int)
    explanation_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.filter = PictureView("", smooth=False, ground="pane")
        self.filter.setFixedSize(FILTER_PX, FILTER_PX)
        self.filter.setAccessibleName("The unit's filter")
        self.sheet = PictureGrid(COLUMNS, "All filters of the layer")
        self._units: tuple[int, ...] = ()
        self._header = SectionHeader("Filter", explains=True)
        self._header.explanation_requested.connect(self.explanation_requested)
        self._orders = Segmented(ORDERS, FilterOrder.NUMBER.value)
        self._orders.setAccessibleName("Order of the filters")
        self._orders.picked.connect(lambda key: self.order_picked.emit(FilterOrder(key)))
        self._scales = Segmented(SCALES, OWN)
        self._scales.setAccessibleName("Scale of the filters")
        self._scales.picked.connect(lambda key: self.scale_picked.emit(key == SHARED))
        self.sheet.picked.connect(lambda place: self.unit_picked.emit(self._units[place]))
        row = QHBoxLayout()
        row.addWidget(self.filter)
        row.addStretch(1)
        self._choices = QWidget()
        flow = FlowLayout(spacing=8)
        flow.place(self._orders, self._scales)
        self._choices.setLayout(flow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._header)
        column.addLayout(row)
        column.addWidget(self._choices)
        column.addWidget(self.sheet)
        column.setAlignment(self._choices, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def set_filter(self, title: str, detail: str, picture: Picture | None) -> None:
        """Show one filter (rows, columns, 3); None: the whole view is not shown."""
        self._header.set_title(title)
        self._header.set_detail(detail)
        self.filter.set_picture(picture)
        self.setVisible(picture is not None)

    def set_choices(self, order: FilterOrder, *, shared: bool) -> None:
        self._orders.set_current(order.value)
        self._scales.set_current(SHARED if shared else OWN)

    def set_sheet(self, units: Sequence[int], pictures: Sequence[Picture], here: int) -> None:
        """Show the filters of units in this order; none: only the one."""
        self._units = tuple(units)
        cells = [
            Cell(picture, tip=f"Unit {unit}: click to pick it")
            for unit, picture in zip(units, pictures, strict=True)
        ]
        self.sheet.set_cells(cells)
        self.sheet.setVisible(bool(cells))
        self._choices.setVisible(bool(cells))
        self.mark(here)

    def mark(self, unit: int) -> None:
        """Frame a unit's filter in the sheet."""
        self.sheet.set_marked(self._units.index(unit) if unit in self._units else None)
