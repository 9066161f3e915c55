"""One or two grids of units, and the controls they share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.engine.readers import UnitOrder
from deepvis_app.state.appearance import GridShows
from deepvis_app.tiles import Scaling
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.flow import FlowLayout
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.pictures.colour_bar import ColourBar
from deepvis_app.ui.kit.run_bar import RunBar
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.grid.mosaic_canvas import MosaicCanvas
from deepvis_app.ui.panels.grid.table.view import TableView
from deepvis_app.ui.panels.grid.tile_menu import TileWish, tile_menu

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QPoint

    from deepvis_app.engine.readers import GridReading
    from deepvis_app.tiles import PictureMosaic

SHOWS = (
    Segment(GridShows.ACTIVITY.value, "Activity", "What every unit gives on the present picture"),
    Segment(
        GridShows.BACKWARD.value,
        "Backward",
        "How the gradient of the explained unit comes back through every unit",
    ),
    Segment(GridShows.PREFERRED.value, "Preferred", "The picture that was made for every unit"),
    Segment(
        GridShows.PICTURES.value,
        "Pictures",
        "The part of a scanned picture that excites every unit most",
    ),
    Segment(GridShows.TABLE.value, "Table", "A line for every unit: its figures, sorted by any"),
)
RECORD, FULL = "record", "full"
LIT = (
    Choice(
        RECORD,
        "Lit by: share of its record",
        tip="As bright as what the unit gives now is near the most that any scanned picture gave",
    ),
    Choice(FULL, "Lit by: full", tip="All pictures as they are"),
)
SCALINGS = (
    Segment(
        Scaling.PERCENTILE.value,
        "Steady",
        "One range for the layer that follows slowly: no flicker",
    ),
    Segment(Scaling.LAYER.value, "Layer", "One range for the layer, anew on every frame"),
    Segment(Scaling.UNIT.value, "Unit", "Every unit has its own range: weak ones become visible"),
    Segment(
        Scaling.LOCKED.value,
        "Locked",
        "The range stays as it is now, so that frames can be compared",
    ),
)
ORDERS = (
    Choice(UnitOrder.INDEX.value, "Order: index", tip="Units as the network numbers them"),
    Choice(
        UnitOrder.MAXIMUM.value, "Order: highest", tip="The unit with the highest activation first"
    ),
    Choice(UnitOrder.MEAN.value, "Order: mean", tip="The unit with the highest mean first"),
    Choice(
        UnitOrder.VARIANCE.value,
        "Order: variance",
        tip="The unit that changes most over time first",
    ),
)


SEARCHES = {  # by whether the table is shown: what the field says, and means
    False: (
        "Find unit",
        "Numbers (7), ranges (0-31) or, for classes, part of a label; Enter takes the first",
    ),
    True: (
        "Find: 423, or zero > 95",
        "Numbers (7), ranges (0-31), figures (zero > 95 and live > 0), parts of names; commas "
        "between what is as good; Enter takes the first",
    ),
}


class GridPane(QWidget):
    """The grid of one layer with its title and its colour bar."""

    picked = pyqtSignal()  # the person clicked in this pane
    close_requested = pyqtSignal()
    tile_wished = pyqtSignal(int, object)  # unit, TileWish

    def __init__(self) -> None:
        super().__init__()
        self.canvas = MosaicCanvas()
        self.colours = ColourBar()
        self._title = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._title.setProperty("role", "title")
        self._detail = ElidedLabel()
        self._detail.setProperty("role", "muted")
        self._detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._close = IconButton("close", "Close this layer; the other one stays")
        self._close.clicked.connect(self.close_requested)
        self._close.hide()
        self._count = ElidedLabel()
        self._count.setProperty("role", "caption")
        self._count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._head = QHBoxLayout()
        self._head.setSpacing(12)
        self._head.addWidget(self._title)
        self._head.addWidget(self._detail, 1)
        self._head.addWidget(self._close)
        foot = QHBoxLayout()
        foot.addWidget(self._count, 1)
        foot.addWidget(self.colours)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._head)
        column.addWidget(self.canvas, 1)
        column.addLayout(foot)

    def add_control(self, widget: QWidget) -> None:
        """Put a control at the right end of the title's line."""
        self._head.addWidget(widget)

    def set_title(self, layer: str, detail: str, *, active: bool, closable: bool) -> None:
        self._title.set_text(layer)
        self._title.setEnabled(active)
        self._detail.set_text(detail)
        self._close.setVisible(closable)

    def set_reading(self, reading: GridReading, palette: NDArray[np.uint8]) -> None:
        self.canvas.set_mosaic(reading.mosaic, reading.order, reading.first, palette)
        self.colours.set_colours(palette)
        self.colours.set_range(reading.low, reading.high, reading.signed)
        if not reading.backward:
            self.show_colours(reading.has_numbers)

    def set_pictures(self, mosaic: PictureMosaic, order: NDArray[np.int64], first: int) -> None:
        """Show units' pictures in place of their activations."""
        self.canvas.set_mosaic(mosaic, order, first, None)

    def open_tile_menu(self, unit: int, at: QPoint, *, is_pinned: bool, has_beside: bool) -> None:
        """Offer what can be done with a tile; `tile_wished` tells what is chosen."""
        do = partial(self._do, unit)
        tile_menu(self, do, is_pinned=is_pinned, has_beside=has_beside).popup(at)

    def _do(self, unit: int, wish: TileWish) -> None:
        if wish is TileWish.PIN:
            self.canvas.tile_pin_requested.emit(unit)
        elif wish is TileWish.COPY:
            self._copy(unit)
        else:
            self.tile_wished.emit(unit, wish)

    def _copy(self, unit: int) -> None:
        clipboard, image = QGuiApplication.clipboard(), self.canvas.tile_image(unit)
        if clipboard is not None and image is not None:
            clipboard.setImage(image)

    def show_colours(self, visible: bool) -> None:
        self.colours.setVisible(visible)

    def set_count(self, text: str) -> None:
        self._count.set_text(text)


class _Search(QLineEdit):
    """A field that is content with little room, and takes what is left of a line."""

    def sizeHint(self) -> QSize:
        return QSize(150, super().sizeHint().height())


class GridView(QWidget):
    """The centre: shared controls over one or two panes."""

    shows_picked = pyqtSignal(object)  # GridShows
    lit_picked = pyqtSignal(bool)  # scanned pictures: by the share of their units' records
    scaling_picked = pyqtSignal(object)  # Scaling
    order_picked = pyqtSignal(object)  # UnitOrder
    hide_dead_toggled = pyqtSignal(bool)
    searched = pyqtSignal(str)
    find_requested = pyqtSignal()  # by more than a number or name
    search_taken = pyqtSignal()  # Enter in the search
    page_requested = pyqtSignal(str)  # of the inspector, for the picked unit
    save_requested = pyqtSignal()  # of the picked unit's tile
    beside_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self, contrast_popup: QWidget) -> None:
        super().__init__()
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.panes = (GridPane(), GridPane())
        self.table = TableView()
        self.table.hide()
        self._shown: GridShows | None = None
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(16)
        self._splitter.setStyleSheet("QSplitter::handle { background: transparent; }")
        for pane in self.panes:
            self._splitter.addWidget(pane)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(8)
        self._row = self._controls(contrast_popup)
        column.addLayout(self._row)
        self.run = RunBar("Make all", "Make the pictures of all units of this layer, in the back")
        self.run.setVisible(False)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.table, 1)
        column.addWidget(self.run)
        self._pane_count = 0
        self.set_pane_count(1)

    def focus_canvas(self, pane: int = 0) -> None:
        """Give the keyboard to a grid, or to the table in its place."""
        canvas = self.panes[pane].canvas if self.table.isHidden() else self.table.table
        canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _keep_focus(self, focused: QWidget) -> None:
        """Leave the keyboard where it was, or give it to what now stands in the place."""
        if focused.isVisibleTo(self):
            focused.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.focus_canvas()

    def set_pane_count(self, count: int) -> None:
        """Show one or two; what the tiles show is then chosen in the line that both share."""
        if count == self._pane_count:
            return
        self._pane_count = count
        self.panes[1].setVisible(count == 2)
        self._place_shows()

    def _place_shows(self) -> None:
        """Put the choice of what the tiles show where there is one title for it."""
        if self._shown is GridShows.TABLE:
            self.table.add_control(self._shows)
        elif self._pane_count == 2:
            self._row.place_first(self._shows)
        else:
            self.panes[0].add_control(self._shows)

    def set_shows(self, shows: GridShows) -> None:
        """Offer the controls of what the tiles show."""
        self._shows.set_current(shows.value)
        if shows is self._shown:  # a colour bar that is hidden for now stays so
            return
        self._shown = shows
        has_pictures = shows in (GridShows.PREFERRED, GridShows.PICTURES)
        is_table = shows is GridShows.TABLE
        of_colours: tuple[QWidget, ...] = (self._scaling, self._contrast)
        of_tiles: tuple[QWidget, ...] = (self._order, self._hide_dead)
        for widgets, is_shown in (
            (of_colours, not has_pictures and not is_table),
            (of_tiles, not is_table),
            (self.table.controls, is_table),
        ):
            for widget in widgets:
                widget.setVisible(is_shown)
        self._lit.setVisible(shows is GridShows.PICTURES)
        self.run.setVisible(shows is GridShows.PREFERRED)
        focused = self.focusWidget()  # before its part is hidden: Qt would focus whatever is next
        has_focus = focused is not None and focused.hasFocus()
        self._splitter.setVisible(not is_table)
        self.table.setVisible(is_table)
        self._place_shows()
        self._word_search(SEARCHES[is_table])
        for pane in self.panes:
            pane.show_colours(not has_pictures)
        if focused is not None and has_focus:
            self._keep_focus(focused)

    def set_controls(self, scaling: Scaling, order: UnitOrder, *, hide_dead: bool) -> None:
        self._scaling.set_current(scaling.value)
        self._order.set_texts(next(c.title for c in ORDERS if c.key == order.value))
        self._orders.set_current(order.value)
        self._hide_dead.blockSignals(True)
        self._hide_dead.setChecked(hide_dead)
        self._hide_dead.blockSignals(False)

    def set_lit(self, by_record: bool) -> None:
        """Say whether scanned pictures are lit by the share of their units' records."""
        choice = LIT[0] if by_record else LIT[1]
        self._lit.set_texts(choice.title)
        self._lits.set_current(choice.key)

    def set_search(self, text: str) -> None:
        if self.search.text() != text:
            self.search.setText(text)

    def _word_search(self, words: tuple[str, str]) -> None:
        self.search.setPlaceholderText(words[0])
        self.search.setToolTip(words[1])

    def _controls(self, contrast_popup: QWidget) -> FlowLayout:
        self._shows = Segmented(SHOWS, GridShows.ACTIVITY.value)
        self._shows.setAccessibleName("What the tiles show")
        self._shows.keep_words(True)
        self._shows.picked.connect(lambda key: self.shows_picked.emit(GridShows(key)))
        self._scaling = Segmented(SCALINGS, Scaling.PERCENTILE.value)
        self._scaling.picked.connect(lambda key: self.scaling_picked.emit(Scaling(key)))
        self._contrast = ChipButton("Gamma, boost, sign and colours of the grid")
        self._contrast.set_texts("Contrast")
        self._contrast.set_popup(contrast_popup)
        self._lits = ChoicePopup()
        self._lits.set_groups([ChoiceGroup("", LIT)])
        self._lits.chosen.connect(lambda key: self.lit_picked.emit(key == RECORD))
        self._lit = ChipButton("How bright each unit's picture is")
        self._lit.set_popup(self._lits)
        self._lit.hide()
        self._orders = ChoicePopup()
        self._orders.set_groups([ChoiceGroup("", ORDERS)])
        self._orders.chosen.connect(lambda key: self.order_picked.emit(UnitOrder(key)))
        self._order = ChipButton("In which order the units stand; choose again to sort anew")
        self._order.set_popup(self._orders)
        self._hide_dead = IconButton(
            "eye-off",
            "Leave out units that have not moved since the network started",
            checkable=True,
        )
        self._hide_dead.toggled.connect(self.hide_dead_toggled)
        self.search = _Search()
        self._word_search(SEARCHES[False])
        self.search.setClearButtonEnabled(True)
        self.search.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        more = self.search.addAction(icon("target"), QLineEdit.ActionPosition.TrailingPosition)
        if more is not None:
            more.setToolTip("Find units by a class, by this picture or by another unit")
            more.triggered.connect(self.find_requested)
        self.search.setMaximumWidth(200)
        self.search.textChanged.connect(self.searched)
        self.search.returnPressed.connect(self.search_taken)
        self._help = IconButton("help", "What do I see here?")
        self._help.clicked.connect(self._explain)
        for widget in (self._shows, self._scaling, self._contrast, self._order, self._hide_dead):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = FlowLayout()
        for control in self.table.controls:
            control.hide()
        row.place(
            *self.table.controls,
            self._scaling,
            self._contrast,
            self._lit,
            self._order,
            self._help,
            self._hide_dead,
            self.search,
        )
        return row

    def _explain(self) -> None:
        topics = {
            GridShows.ACTIVITY: "grid",
            GridShows.PREFERRED: "pictures",
            GridShows.PICTURES: "records",
            GridShows.TABLE: "table",
        }
        shows = GridShows(self._shows.current())
        self.explanation_requested.emit(topics.get(shows, "backward"))
