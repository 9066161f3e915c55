"""The pictures of one side, small: those told wrong are marked, a click takes one away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QScrollArea

from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_outline
from deepvis_app.ui.kit.pictures.cell_grid import RADIUS
from deepvis_app.ui.kit.pictures.picture_grid import Cell, PictureGrid
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PyQt6.QtGui import QKeyEvent, QPaintEvent

COLUMNS = 6
ROWS_PX = 124  # three rows and a part of the next one
LEAST_PX = 72  # two rows
MARK_PX = 12


class ExampleWall(PictureGrid):
    """`picked` tells which one is to go: a click, Enter or Delete."""

    least_px = 24

    def __init__(self, name: str, empty: tuple[str, str]) -> None:
        super().__init__(COLUMNS, name)
        self._wrong: frozenset[int] = frozenset()
        self._empty = empty

    def set_examples(self, cells: Sequence[Cell], wrong: Collection[int]) -> None:
        """Show pictures; `wrong` are the places of those that were told wrong."""
        self._wrong = frozenset(wrong)
        self.set_cells(cells)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if cells else Qt.FocusPolicy.NoFocus)
        many = f", {len(self._wrong)} told wrong" if self._wrong else ""
        self.setAccessibleDescription(f"{len(cells)} pictures{many}")

    def set_empty_text(self, text: str, remedy: str) -> None:
        self._empty = text, remedy
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(COLUMNS * self.least_px, 0)

    def heightForWidth(self, width: int) -> int:
        return super().heightForWidth(width) if self.count() else LEAST_PX

    def _takes(self, event: QKeyEvent) -> bool:
        return super()._takes(event) or event.key() == Qt.Key.Key_Delete

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Delete and self.count():
            self._pick(self._cursor)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if not self.count():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in self._wrong:
            if place < self.count():
                rect = self.cell_rect(place)
                paint_outline(painter, rect.adjusted(1, 1, -1, -1), active_theme().mark_pinned, 2)
        if self._hovered is not None and self._hovered < self.count():
            rect = self.cell_rect(self._hovered)
            box = QRectF(rect.right() - MARK_PX - 3, rect.top() + 3, MARK_PX, MARK_PX)
            painter.fillRect(box, colour("halo", 0.7))
            paint_icon(painter, box.adjusted(2, 2, -2, -2), "close", "#ffffff")


class WallScroll(QScrollArea):
    """Shows as many rows of a wall as there is room for."""

    def __init__(self, wall: ExampleWall) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(wall)

    def sizeHint(self) -> QSize:
        return QSize(COLUMNS * 36, ROWS_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(COLUMNS * 24, LEAST_PX)
