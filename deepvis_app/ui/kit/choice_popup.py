"""A list to choose from, in groups, with a field to search it or to type what is not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.icons import icon, paint_icon
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QModelIndex

__all__ = ["Choice", "ChoiceGroup", "ChoicePopup"]

CHOICE = Qt.ItemDataRole.UserRole  # holds a Choice; a heading holds its text only
IS_CURRENT = Qt.ItemDataRole.UserRole + 1
ROW, HEADING = 28, 30
NARROW, WIDE, TALLEST = 240, 340, 380


class ChoicePopup(QWidget):
    """Arrow keys and Enter choose, typing searches, Esc closes the window that holds it."""

    chosen = pyqtSignal(str)
    text_entered = pyqtSignal(str)
    action_chosen = pyqtSignal(str)

    def __init__(
        self, *, searchable: bool = False, entry_hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._groups: tuple[ChoiceGroup, ...] = ()
        self._current = ""
        self._takes_text = bool(entry_hint)
        self._field = QLineEdit()
        self._field.setPlaceholderText(entry_hint or "Search")
        self._field.setClearButtonEnabled(True)
        self._field.setVisible(searchable or self._takes_text)
        self._field.textChanged.connect(self._on_text_changed)
        self._field.returnPressed.connect(self._on_return)
        self._list = QListWidget()
        self._list.setProperty("surface", "flat")
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setItemDelegate(_Delegate(self._list))
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._list.itemClicked.connect(self._on_item)
        self._list.itemActivated.connect(self._on_item)
        self._nothing = QLabel("Nothing in the list matches")
        self._nothing.setProperty("role", "muted")
        self._nothing.setMargin(12)
        self._actions = QHBoxLayout()
        self._arrange()
        for part in (self._field, self._list):
            part.installEventFilter(self)
        self.setFocusProxy(self._field if self._field.isVisibleTo(self) else self._list)

    def set_groups(self, groups: Sequence[ChoiceGroup]) -> None:
        if tuple(groups) != self._groups:
            self._groups = tuple(groups)
            self._fill()

    def set_current(self, key: str) -> None:
        """Mark what is in use with a tick."""
        if key != self._current:
            self._current = key
            self._fill()

    def add_action(self, key: str, text: str, icon_name: str = "", tip: str = "") -> None:
        """Add a button below the list, such as "Open file…"."""
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        button.setToolTip(tip)
        if icon_name:
            button.setIcon(icon(icon_name, "accent"))
        button.clicked.connect(lambda: self._finish(self.action_chosen, key))
        self._actions.insertWidget(self._actions.count() - 1, button)

    def shown_keys(self) -> tuple[str, ...]:
        """Return the keys of the choices in the list, after the search."""
        return tuple(item.data(CHOICE).key for item in self._items())

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        for part in (self._field, self._list, self._nothing):
            column.addWidget(part)
        self._actions.addStretch(1)
        column.addLayout(self._actions)
        self.setMinimumWidth(NARROW if self._field.isHidden() else WIDE)

    def _fill(self) -> None:
        words = self._field.text().casefold().split()
        self._list.clear()
        for group in self._groups:
            found = [c for c in group.choices if _matches(c, words)]
            if found and group.title:
                self._add(group.title, HEADING, Qt.ItemFlag.NoItemFlags)
            for choice in found:
                on = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
                flags = on if choice.enabled else Qt.ItemFlag.NoItemFlags
                item = self._add(choice.title, ROW, flags)
                item.setData(CHOICE, choice)
                item.setData(IS_CURRENT, choice.key == self._current)
                item.setToolTip(choice.tip)
        self._select_first(prefer_current=not words)
        self._fit_height()

    def _add(self, text: str, height: int, flags: Qt.ItemFlag) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setSizeHint(QSize(100, height))
        item.setFlags(flags)
        self._list.addItem(item)
        return item

    def _items(self) -> list[QListWidgetItem]:
        items = [self._list.item(row) for row in range(self._list.count())]
        return [item for item in items if item is not None and item.data(CHOICE) is not None]

    def _select_first(self, *, prefer_current: bool) -> None:
        usable = [item for item in self._items() if item.data(CHOICE).enabled]
        wanted = [i for i in usable if i.data(IS_CURRENT)] if prefer_current else []
        if wanted or usable:
            self._list.setCurrentItem((wanted or usable)[0])

    def _fit_height(self) -> None:
        rows = [self._list.item(row) for row in range(self._list.count())]
        height = sum(item.sizeHint().height() for item in rows if item is not None)
        self._list.setFixedHeight(min(height + 4, TALLEST))
        self._list.setVisible(bool(rows))
        self._nothing.setVisible(not rows)
        self._nothing.setText(
            "Not in the list: Enter opens what is typed"
            if self._takes_text and self._field.text()
            else "Nothing in the list matches"
        )

    def _on_text_changed(self) -> None:
        self._fill()

    def _on_return(self) -> None:
        text, item = self._field.text().strip(), self._list.currentItem()
        item = next((i for i in self._items() if i.data(CHOICE).key == text), item)
        if item is not None and item.data(CHOICE) is not None:
            self._on_item(item)
        elif text and self._takes_text:
            self._finish(self.text_entered, text)

    def _on_item(self, item: QListWidgetItem) -> None:
        choice = item.data(CHOICE)
        if choice is not None and choice.enabled:
            self._finish(self.chosen, choice.key)

    def _finish(self, signal: object, value: str) -> None:
        self._field.clear()
        window = self.window()
        if window is not None and window.windowType() == Qt.WindowType.Popup:
            window.close()
        signal.emit(value)  # type: ignore[attr-defined]  # a bound signal

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Let up and down in the field move in the list, and typing in the list search."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if watched is self._field and event.key() in moves:
            self._list.keyPressEvent(event)
            return True
        types = bool(event.text().strip()) and event.text().isprintable()
        if watched is self._list and self._field.isVisible() and types:
            self._field.setFocus()
            self._field.insert(event.text())
            return True
        return super().eventFilter(watched, event)


def _matches(choice: Choice, words: Sequence[str]) -> bool:
    text = f"{choice.title} {choice.detail} {choice.key}".casefold()
    return all(word in text for word in words)


class _Delegate(QStyledItemDelegate):
    """Draws a tick, the title and the detail at the right; headings small and muted."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        choice = index.data(CHOICE)
        if choice is None:
            self._paint_heading(painter, option.rect, str(index.data()))
        else:
            self._paint_choice(painter, option, choice, bool(index.data(IS_CURRENT)))
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect.adjusted(8, 0, -8, -5), int(bottom), text)

    def _paint_choice(
        self, painter: QPainter, option: QStyleOptionViewItem, choice: Choice, is_current: bool
    ) -> None:
        rect = option.rect
        hot = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver
        if choice.enabled and option.state & hot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control_hover"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
        if is_current:
            square = QRect(rect.left() + 8, rect.center().y() - 5, 12, 12).toRectF()
            paint_icon(painter, square, "check", active_theme().accent)
        area = rect.adjusted(28, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font())
        painter.setPen(colour("text" if choice.enabled else "muted"))
        mode = Qt.TextElideMode.ElideRight
        title = elided(painter.fontMetrics(), choice.title, mode, area.width())
        used = painter.fontMetrics().horizontalAdvance(title) + 12
        painter.drawText(area, int(middle), title)
        painter.setFont(font(Size.SMALL))
        painter.setPen(colour("muted"))
        detail = elided(painter.fontMetrics(), choice.detail, mode, area.width() - used)
        painter.drawText(area, int(middle | Qt.AlignmentFlag.AlignRight), detail)
