"""A row of controls that goes on in the next line where the room ends."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, QRect, QSize, Qt
from PyQt6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Items from left to right, line by line; a line's last item takes the rest if it can grow."""

    def __init__(self, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def place(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self.addWidget(widget)

    def place_first(self, widget: QWidget) -> None:
        """Put a widget, which may lie in another layout, before all others."""
        self.addWidget(widget)
        self._items.insert(0, self._items.pop())

    # Qt's own methods

    def addItem(self, item: QLayoutItem | None) -> None:  # noqa: N802
        if item is not None:
            self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = self._lines(width)
        return sum(_height(line) for line in lines) + self.spacing() * max(len(lines) - 1, 0)

    def sizeHint(self) -> QSize:
        width = sum(item.sizeHint().width() for item in self._shown())
        width += self.spacing() * max(len(self._shown()) - 1, 0)
        return QSize(width, max((item.sizeHint().height() for item in self._shown()), default=0))

    def minimumSize(self) -> QSize:  # noqa: N802
        widest = max((item.minimumSize().width() for item in self._shown()), default=0)
        return QSize(widest, self.sizeHint().height())

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802
        super().setGeometry(rect)
        top = rect.top()
        for line in self._lines(rect.width()):
            self._place_line(line, rect, top)
            top += _height(line) + self.spacing()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._shown():
            wanted = item.sizeHint().width()
            if not lines or used + self.spacing() + wanted > width:
                lines.append([item])
                used = wanted
            else:
                lines[-1].append(item)
                used += self.spacing() + wanted
        return lines

    def _place_line(self, line: list[QLayoutItem], rect: QRect, top: int) -> None:
        left, height = rect.left(), _height(line)
        for item in line:
            size = item.sizeHint()
            width = min(size.width(), rect.right() + 1 - left)
            grows = item.expandingDirections() & Qt.Orientation.Horizontal
            if item is line[-1] and grows:
                width = min(rect.right() + 1 - left, item.maximumSize().width())
            middle = top + (height - size.height()) // 2
            item.setGeometry(QRect(QPoint(left, middle), QSize(width, size.height())))
            left += width + self.spacing()


def _height(line: list[QLayoutItem]) -> int:
    return max(item.sizeHint().height() for item in line)
