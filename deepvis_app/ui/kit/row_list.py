"""A list of names with an amount and a bar each, which is pointed at, walked through and asked."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter
from PyQt6.QtWidgets import (
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.theme import active_theme, colour, font

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent, QPaintEvent, QWheelEvent

ROW = 24.0
GAP = 8.0
BAR = 6.0
ICON = 12.0
MORE = 10.0  # the sign at the end of a row that there is a menu
ICON_END = ICON + GAP / 2  # where a name begins that has an icon before it

_HOT = QStyle.StateFlag.State_MouseOver
_ON = QStyle.StateFlag.State_Selected
_FOCUS = QStyle.StateFlag.State_HasFocus
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_PRESSES = (Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class Row:
    """A name, the text of its amount, and a bar over the shares `start` to `end` of its trough.

    Colours are fields of the theme. Rows that are equal look alike: a changed one is painted anew.
    """

    label: str
    text: str
    start: float = 0.0
    end: float = 0.0
    has_zero: bool = False  # a mark in the trough's middle, from where numbers go to either side
    shade: str = "accent"  # of the bar
    label_shade: str = "text"
    bold: bool = False
    keeps_icon: bool = False  # shown also while the row is not pointed at

    @property
    def name_look(self) -> tuple[object, ...]:
        """All that its left part shows, which need not be painted again while it stays."""
        return self.label, self.label_shade, self.bold, self.keeps_icon


@dataclass(frozen=True, slots=True)
class Look:
    """How all rows of a list are laid out, in logical pixels."""

    label_share: float = 0.5  # of the width
    value_px: float = 48.0
    left_px: float = GAP
    right_px: float = GAP
    icon: str = ""  # stands before the name of the row that is pointed at
    has_menu: bool = False
    is_chosen_from: bool = True  # one row is the chosen one, on a ground of its own


class RowList(KeyboardFocus, QListView):
    """As high as its rows. Up, down, Home and End walk; `pressed` says what Enter and click do."""

    takes_letters = False  # they are the window's keys, not a search in the list

    def __init__(self, name: str, look: Look) -> None:
        super().__init__()
        self.look = look
        self._rows = RowModel(self)
        self.painted_from = 0  # px from the left, in the repaint under way
        self._painting = PacedUpdate(self, self._rows.tell)
        self.setModel(self._rows)
        self.setItemDelegate(RowDelegate(self, self._rows))
        self.setProperty("surface", "flat")
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(
            QListView.SelectionMode.SingleSelection
            if look.is_chosen_from
            else QListView.SelectionMode.NoSelection
        )
        for set_policy in (self.setVerticalScrollBarPolicy, self.setHorizontalScrollBarPolicy):
            set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def row(self, place: int) -> Row:
        """Return what a row shows now; a list overrides it."""
        raise NotImplementedError

    def show_rows(self, count: int, current: int | None = None) -> None:
        """Take that rows are other ones; what changed is painted as fast as one can read."""
        if count == self._rows.count:
            self._rows.is_behind = True
            self._painting.soon()
        else:
            current = self.currentIndex().row() if current is None else current
            self._rows.set_count(count)
            self.updateGeometry()
        if current is not None:
            self.setCurrentIndex(self._rows.index(min(max(current, 0), count - 1)))

    def press_row(self, place: int) -> None:
        """Do what a row is for; a list overrides it."""

    def tip(self, place: int) -> str:
        """Return the tooltip of a row; a list overrides it."""
        del place
        return ""

    def repaint_row(self, place: int, *, amount_only: bool) -> None:
        left = ceil(self.look.label_share * self.width()) if amount_only else 0
        if (viewport := self.viewport()) is not None:
            viewport.update(left, round(place * ROW), self.width() - left, round(ROW))

    # Qt's own methods

    def sizeHint(self) -> QSize:
        return QSize(240, round(self._rows.count * ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        self.painted_from = 0 if event is None else event.rect().left()
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in _PRESSES and self.currentIndex().isValid():
            self.press_row(self.currentIndex().row())
            return
        self._by_keyboard = True
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            event.ignore()  # all rows are in view: the page that this lies in is scrolled


class RowModel(QAbstractListModel):
    """Rows as Qt and screen readers want them; it tells of changes when it is asked to."""

    def __init__(self, owner: RowList) -> None:
        super().__init__(owner)
        self._owner = owner
        self._told: list[Row] = []
        self.count = 0
        self.is_behind = False  # rows changed since they were told

    def set_count(self, count: int) -> None:
        self.beginResetModel()
        self.count = count
        self._told = list(map(self._owner.row, range(count)))
        self.is_behind = False
        self.endResetModel()

    def row(self, place: int) -> Row:
        return self._owner.row(place) if self.is_behind else self._told[place]

    def tell(self) -> None:
        """Let what is not as it was be painted: mostly an amount and its bar, the name stays."""
        self.is_behind = False
        for place, told in enumerate(self._told):
            row = self._owner.row(place)
            if row != told:
                self._told[place] = row
                self._owner.repaint_row(place, amount_only=row.name_look == told.name_look)

    # Qt's own methods

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else self.count

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.row(index.row()).label
        if role == Qt.ItemDataRole.AccessibleTextRole:
            row = self.row(index.row())
            return f"{row.label}, {row.text}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._owner.tip(index.row())
        return None


class RowDelegate(QStyledItemDelegate):
    """Paints a row: its name, its bar in a trough, its amount at the right."""

    def __init__(self, owner: RowList, rows: RowModel) -> None:
        super().__init__(owner)
        self._owner, self._rows = owner, rows
        self._elided: dict[tuple[str, bool, int], str] = {}

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        return QSize(100, round(ROW))

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        row, look, state = self._rows.row(index.row()), self._owner.look, option.state
        rect = QRectF(option.rect)
        has_cursor = bool(state & _FOCUS) and self._owner.shows_focus
        is_hot = bool(state & _HOT) or has_cursor
        is_on = look.is_chosen_from and bool(state & _ON)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if look.is_chosen_from and (is_on or is_hot):
            _paint_ground(painter, rect, "control_hover" if is_on else "control")
        if look.has_menu and is_hot:
            square = QRectF(rect.right() - MORE + 1, rect.center().y() - MORE / 2, MORE, MORE)
            paint_icon(painter, square, "chevron-right", active_theme().muted)
        middle = rect.left() + look.label_share * rect.width()
        if self._owner.painted_from < middle:
            name = QRectF(rect.left() + look.left_px, rect.top(), 0, ROW)
            name.setRight(middle)
            self._paint_name(painter, name, row, look.icon if is_hot or row.keeps_icon else "")
        value_left = rect.right() - look.right_px - look.value_px
        trough = QRectF(middle + GAP, rect.center().y() - BAR / 2, 0, BAR)
        trough.setRight(value_left - GAP)
        _paint_bar(painter, trough, row, "background" if look.is_chosen_from else "control")
        painter.setFont(font())
        painter.setPen(colour("text" if is_on else "muted"))
        value = QRectF(value_left, rect.top(), look.value_px, ROW)
        painter.drawText(value, _RIGHT, row.text)
        if has_cursor:
            paint_focus(painter, rect.adjusted(0, 1, 0, -1), 4)

    def _paint_name(self, painter: QPainter, area: QRectF, row: Row, icon: str) -> None:
        if icon:
            square = QRectF(area.left(), area.center().y() - ICON / 2, ICON, ICON)
            shade = row.label_shade if row.keeps_icon else "muted"
            paint_icon(painter, square, icon, str(getattr(active_theme(), shade)))
            area.setLeft(area.left() + ICON_END)
        kind = font(weight=QFont.Weight.DemiBold if row.bold else QFont.Weight.Normal)
        key = row.label, row.bold, round(area.width())
        shown = self._elided.get(key)
        if shown is None:
            if len(self._elided) > 200:  # names come and go with what is seen
                self._elided.clear()
            mode = Qt.TextElideMode.ElideRight
            shown = elided(QFontMetricsF(kind), row.label, mode, area.width())
            self._elided[key] = shown
        painter.setFont(kind)
        painter.setPen(colour(row.label_shade))
        painter.drawText(area, _MIDDLE, shown)


def _paint_ground(painter: QPainter, rect: QRectF, shade: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(shade))
    painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)


def _paint_bar(painter: QPainter, trough: QRectF, row: Row, dark_shade: str) -> None:
    if trough.width() < BAR:  # names and amounts need all of the line
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(dark_shade if active_theme().is_dark else "line"))
    painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
    length = (row.end - row.start) * trough.width()
    if length > 0.25:
        painter.setBrush(colour(row.shade))
        bar = QRectF(trough.left() + row.start * trough.width(), trough.top(), length, BAR)
        painter.drawRoundedRect(bar, min(BAR, length) / 2, BAR / 2)
    if row.has_zero:
        zero = QRectF(trough.center().x() - 0.5, trough.top() - 2, 1, BAR + 4)
        painter.fillRect(zero, colour("muted"))
