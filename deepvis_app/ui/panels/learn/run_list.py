"""The runs as rows: what was set, how far they are, how well they do, and an eye for curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QLineEdit,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font
from deepvis_app.ui.panels.learn.rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QAbstractItemModel
    from PyQt6.QtGui import QContextMenuEvent, QMouseEvent, QPaintEvent

    from deepvis_app.ui.panels.learn.rows import RunLine

ROW = 28
MOST_ROWS = 6  # that are seen without scrolling
MARGIN, DOT, EYE = 16.0, 10.0, 16.0
NAME = 36.0  # where names begin
MUTED = ("Momentum", "Batch")
STATE = 0.13  # share of the room
OWN_KEYS = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete,
    Qt.Key.Key_F2,
)  # fmt: skip
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_LEFT = int(Qt.AlignmentFlag.AlignVCenter)


class RunList(QWidget):
    """A head and rows; `set_lines` and `set_chosen` fill it."""

    picked = pyqtSignal(str)
    eye_pressed = pyqtSignal(str)
    remove_requested = pyqtSignal(str)
    renamed = pyqtSignal(str, str)
    menu_requested = pyqtSignal(str, QPoint)  # of a run, at a place of the screen

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows = _Rows(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_Head(self.rows))
        column.addWidget(self.rows)

    def set_lines(self, lines: Sequence[RunLine]) -> None:
        self.rows.model_of.set_lines(tuple(lines))
        self.rows.fit()

    def lines(self) -> tuple[RunLine, ...]:
        return self.rows.model_of.lines

    def set_chosen(self, key: str) -> None:
        self.rows.choose(key)

    def rename(self, key: str) -> None:
        """Let a run's name be typed."""
        self.rows.rename(key)


class _Model(QAbstractListModel):
    """Rows as Qt and screen readers want them."""

    def __init__(self, owner: _Rows) -> None:
        super().__init__(owner)
        self._owner = owner
        self.lines: tuple[RunLine, ...] = ()

    def set_lines(self, lines: tuple[RunLine, ...]) -> None:
        old, self.lines = self.lines, lines
        if [line.key for line in old] != [line.key for line in lines]:
            self.lines = old
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()
            return
        for row, (before, after) in enumerate(zip(old, lines, strict=True)):
            if before != after:
                self.dataChanged.emit(self.index(row), self.index(row))

    def place(self, key: str) -> int:
        return next((row for row, line in enumerate(self.lines) if line.key == key), -1)

    # Qt's own methods

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        is_own = index.isValid() and self.lines[index.row()].can_rename
        return flags | Qt.ItemFlag.ItemIsEditable if is_own else flags

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return line.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            told = zip((name for name, _, _ in COLUMNS), line.cells, strict=True)
            return ", ".join((line.name, line.state, *(f"{a} {b}" for a, b in told if b)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.tip
        return None

    def setData(self, index: QModelIndex, value: object, _role: int = 0) -> bool:  # noqa: N802
        line = self.lines[index.row()]
        if str(value).strip() != line.name:
            self._owner.owner.renamed.emit(line.key, str(value).strip())
        return True


class _Rows(KeyboardFocus, QListView):
    """Up and down choose, F2 renames, Delete removes."""

    def __init__(self, owner: RunList) -> None:
        super().__init__()
        self.owner = owner
        self.model_of = _Model(self)
        self._is_told = True  # what is chosen is the person's wish
        self.setModel(self.model_of)
        self.setItemDelegate(_Delegate(self))
        self.setProperty("surface", "flat")
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Runs")

    def fit(self) -> None:
        """Be as high as the rows, up to some."""
        height = ROW * min(len(self.model_of.lines), MOST_ROWS)
        if height != self.height() or height != self.maximumHeight():
            self.setFixedHeight(height)

    def choose(self, key: str) -> None:
        self._is_told = False
        place = self.model_of.place(key)
        self.setCurrentIndex(self.model_of.index(place) if place >= 0 else QModelIndex())
        self._is_told = True

    def rename(self, key: str) -> None:
        place = self.model_of.place(key)
        if place >= 0 and self.model_of.lines[place].can_rename:
            self.edit(self.model_of.index(place))

    def hovered(self) -> int:
        return self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row()  # type: ignore[union-attr]

    # Qt's own methods

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if self._is_told and current.isValid():
            self.owner.picked.emit(self.model_of.lines[current.row()].key)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        index = self.indexAt(event.position().toPoint())
        is_eye = event.position().x() > self._width() - MARGIN - EYE - 6
        if index.isValid() and is_eye and event.button() == Qt.MouseButton.LeftButton:
            self.owner.eye_pressed.emit(self.model_of.lines[index.row()].key)
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is None:
            return
        by_keyboard = event.reason() == event.Reason.Keyboard
        index = self.currentIndex() if by_keyboard else self.indexAt(event.pos())
        if index.isValid():
            at = self.visualRect(index).bottomLeft() + QPoint(int(NAME), 0)
            place = self.mapToGlobal(at) if by_keyboard else event.globalPos()
            self.owner.menu_requested.emit(self.model_of.lines[index.row()].key, place)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            is_own = event.key() in OWN_KEYS and not event.modifiers()
            if is_own:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_F2) and index.isValid():
            key = self.model_of.lines[index.row()].key
            if event.key() == Qt.Key.Key_F2:
                self.rename(key)
            else:
                self.owner.remove_requested.emit(key)
            return
        self._by_keyboard = True
        super().keyPressEvent(event)

    def _width(self) -> int:
        viewport = self.viewport()
        return self.width() if viewport is None else viewport.width()


def _layout(width: float) -> tuple[dict[str, float], float]:
    """Return where each column ends at the right, and where the state begins."""
    room = width - NAME - MARGIN - EYE - 12
    shown = [(name, share) for name, share, least in COLUMNS if width >= least]
    name_px = max(96.0, room * (1 - STATE - sum(share for _, share in shown)))
    scale = (room - name_px) / (room * (STATE + sum(share for _, share in shown)))
    at, ends = NAME + name_px, {}
    for name, share in shown:
        at += room * share * scale
        ends[name] = at
    return ends, at + 10


class _Head(QWidget):
    """The names of the columns."""

    def __init__(self, rows: _Rows) -> None:
        super().__init__()
        self._rows = rows
        self.setFixedHeight(26)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        width = float(self._rows.viewport().width())  # type: ignore[union-attr]
        painter.drawText(QRectF(NAME, 0, 100, self.height()), _LEFT, "Run")
        for name, end in _layout(width)[0].items():
            painter.drawText(QRectF(end - 120, 0, 120, self.height()), _RIGHT, name)


class _Delegate(QStyledItemDelegate):
    """Paints a row."""

    def __init__(self, owner: _Rows) -> None:
        super().__init__(owner)
        self._owner = owner

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        return QSize(100, ROW)

    def createEditor(  # noqa: N802
        self, parent: QWidget | None, _option: QStyleOptionViewItem, _index: QModelIndex
    ) -> QWidget:
        return QLineEdit(parent)

    def setModelData(  # noqa: N802
        self, editor: QWidget | None, model: QAbstractItemModel | None, index: QModelIndex
    ) -> None:
        if isinstance(editor, QLineEdit) and model is not None:
            model.setData(index, editor.text())

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget | None, option: QStyleOptionViewItem, _index: QModelIndex
    ) -> None:
        if editor is not None:
            first = next(iter(_layout(option.rect.width())[0].values()))
            editor.setGeometry(option.rect.adjusted(int(NAME) - 8, 0, 0, 0))
            editor.setFixedWidth(max(int(first - NAME - 40), 120))

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None or not index.isValid():
            return
        line, rect = self._owner.model_of.lines[index.row()], QRectF(option.rect)
        is_on = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hot = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_on or is_hot:
            painter.fillRect(rect, colour("control_hover" if is_on else "control"))
        if is_on:
            painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), colour("accent"))
        self._paint_name(painter, rect, line, is_on)
        ends, state = _layout(rect.width())
        faint = 0.55 if line.is_hidden else 1.0
        painter.setFont(font())
        cells = dict(zip((name for name, _, _ in COLUMNS), line.cells, strict=True))
        for name, end in ends.items():
            painter.setPen(colour("muted" if name in MUTED else "text", faint))
            area = QRectF(end - 110, rect.top(), 110, rect.height())
            painter.drawText(area, _RIGHT, cells[name])
        self._paint_state(painter, rect, line, state)
        if option.state & QStyle.StateFlag.State_HasFocus and self._owner.shows_focus:
            paint_focus(painter, rect.adjusted(2, 1, -2, -1), 4)
        painter.restore()

    def _paint_name(self, painter: QPainter, rect: QRectF, line: RunLine, is_on: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        shade = f"run_{line.colour}"
        painter.setBrush(colour(shade, 0.3 if line.is_hidden else 1.0))
        dot = QRectF(rect.left() + MARGIN, rect.center().y() - DOT / 2, DOT, DOT)
        painter.drawEllipse(dot)
        kind = font(weight=QFont.Weight.DemiBold if is_on else QFont.Weight.Normal)
        end = next(iter(_layout(rect.width())[0].values()))
        taken = QFontMetricsF(font()).horizontalAdvance(line.cells[0]) + 16
        room = end - NAME - taken
        painter.setFont(kind)
        painter.setPen(colour("muted" if line.is_hidden else "text"))
        name = elided(QFontMetricsF(kind), line.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRectF(rect.left() + NAME, rect.top(), room, rect.height()), _LEFT, name)

    def _paint_state(self, painter: QPainter, rect: QRectF, line: RunLine, left: float) -> None:
        painter.setFont(font(Size.SMALL))
        painter.setPen(colour(line.shade))
        eye = QRectF(rect.right() - MARGIN - EYE, rect.center().y() - EYE / 2, EYE, EYE)
        room = eye.left() - 8 - left
        words = elided(
            QFontMetricsF(font(Size.SMALL)), line.state, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(QRectF(left, rect.top(), room, rect.height()), _LEFT, words)
        drawing = "eye-off" if line.is_hidden else "eye"
        paint_icon(painter, eye, drawing, active_theme().muted)
