"""Matrices side by side in one scale: what was, what is, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.tiles.palette import palette
from deepvis_app.tiles.shades import TOP
from deepvis_app.tiles.signed import COLOURS, signed_picture, strongest
from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.pixels import rgb_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import MINUS, figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QImage, QMouseEvent, QPaintEvent, QResizeEvent

    Floats = NDArray[np.float32]

SPACE, NAME, FOOT = 16, 18, 20
TALLEST = 168
LEAST = 40  # of a matrix of few rows, so that it can be pointed at
BAR = 6


@dataclass(frozen=True, slots=True, eq=False)
class MatrixLook:
    """Matrices (H, W) of one shape with their `titles`; full colour at `peak`.

    `kernel` (rows, columns) is how many numbers belong together; `place` says a row and a column.
    """

    titles: tuple[str, ...]
    matrices: tuple[Floats, ...]
    peak: float
    kernel: tuple[int, int] = (1, 1)
    place: Callable[[int, int], str] = lambda row, column: f"{row}, {column}"


class MatrixViews(QWidget):
    """Each number is a whole number of the screen's pixels, or the strongest under a pixel."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._look: MatrixLook | None = None
        self._images: list[QImage] = []
        self._at: tuple[int, int, int] | None = None  # view, row, column
        self._empty = ("", "")
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_look(self, look: MatrixLook | None) -> None:
        """Show these; None: the notice says why there is nothing."""
        before = None if self._look is None else self._look.matrices[0].shape
        self._look, self._images, self._at = look, [], None
        if before != (None if look is None else look.matrices[0].shape):
            self.updateGeometry()
        self.update()

    def set_notice(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def look(self) -> MatrixLook | None:
        return self._look

    # Where what lies

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._look is None:
            return NAME + LEAST + FOOT
        return NAME + round(self._size(width)[1]) + FOOT

    def sizeHint(self) -> QSize:
        return QSize(640, self.heightForWidth(640))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 240)))

    def scale(self, width: int) -> tuple[int, int]:
        """Return pixels of the screen a number (across, down); 0: less than one."""
        assert self._look is not None
        ratio = self.devicePixelRatioF()
        rows, columns = self._look.matrices[0].shape
        across = int(self._room(width) * ratio) // columns
        down = int(TALLEST * ratio) // rows
        least = -(-int(LEAST * ratio) // rows)  # a matrix of one row is stretched to be seen
        both = min(across, down)
        if both < 1:
            return across, down
        return min(across, max(both, 1)), min(down, max(both, least))

    def _room(self, width: int) -> float:
        assert self._look is not None
        count = len(self._look.matrices)
        return max((width - (count - 1) * SPACE) / count, 1.0)

    def _size(self, width: int) -> tuple[float, float]:
        """Return the size of a matrix in logical pixels."""
        assert self._look is not None
        ratio = self.devicePixelRatioF()
        rows, columns = self._look.matrices[0].shape
        across, down = self.scale(width)
        wide = columns * across / ratio if across else float(int(self._room(width)))
        tall = rows * down / ratio if down else float(TALLEST)
        return wide, tall

    def matrix_rect(self, number: int) -> QRectF:
        """Return where a matrix lies, in logical pixels."""
        wide, tall = self._size(self.width())
        return QRectF(number * (int(self._room(self.width())) + SPACE), NAME, wide, tall)

    def place_at(self, point: QPointF) -> tuple[int, int, int] | None:
        """Return which matrix, row and column a place is in; None beside them."""
        if self._look is None:
            return None
        rows, columns = self._look.matrices[0].shape
        for number in range(len(self._look.matrices)):
            area = self.matrix_rect(number)
            if area.contains(point):
                row = int((point.y() - area.top()) / area.height() * rows)
                column = int((point.x() - area.left()) / area.width() * columns)
                return number, min(row, rows - 1), min(column, columns - 1)
        return None

    # Painting

    def _drawn(self, matrix: Floats, peak: float) -> QImage:
        ratio = self.devicePixelRatioF()
        size = self._size(self.width())
        wide, tall = (max(round(side * ratio), 1) for side in size)
        across, down = self.scale(self.width())
        small = strongest(
            matrix, len(matrix) if down else tall, matrix.shape[1] if across else wide
        )
        picture = signed_picture(small, peak)
        large = picture.repeat(max(down, 1), 0).repeat(max(across, 1), 1)
        self._part_kernels(large, across, down)
        return rgb_image(np.ascontiguousarray(large))

    def _part_kernels(self, picture: NDArray[np.uint8], across: int, down: int) -> None:
        """Draw a line of the ground between kernels, where their pixels are large enough."""
        assert self._look is not None
        rows, columns = self._look.kernel
        if rows * columns > 1 and min(across, down) >= 3:
            ground = colour("pane")
            picture[rows * down :: rows * down] = ground.red(), ground.green(), ground.blue()
            picture[:, columns * across :: columns * across] = (
                ground.red(), ground.green(), ground.blue(),
            )  # fmt: skip

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter, look = QPainter(self), self._look
        if look is None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        if not self._images:
            self._images = [self._drawn(matrix, look.peak) for matrix in look.matrices]
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        for number, title in enumerate(look.titles):
            area = self.matrix_rect(number)
            box = QRectF(area.left(), 0, self._room(self.width()), NAME)
            mode = Qt.TextElideMode.ElideRight
            words = elided(painter.fontMetrics(), title, mode, int(box.width()))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft), words)
        painter.save()
        ratio = use_device_pixels(painter)
        for number, image in enumerate(self._images):
            corner = self.matrix_rect(number).topLeft() * ratio
            painter.drawImage(QPoint(round(corner.x()), round(corner.y())), image)
        painter.restore()
        self._paint_bar(painter, look)
        self._paint_place(painter, look)

    def _paint_bar(self, painter: QPainter, look: MatrixLook) -> None:
        bottom = self.matrix_rect(0).bottom()
        shades = np.arange(TOP, -1, -1)
        image = rgb_image(np.ascontiguousarray(palette(COLOURS)[shades][None]))
        painter.setPen(colour("muted"))
        low, high = f"{MINUS}{figure(look.peak)}", figure(look.peak)
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance(low) + 8
        middle = bottom + FOOT / 2 + 2
        painter.drawText(QPointF(0, middle + metrics.ascent() / 2 - 1), low)
        painter.drawImage(QRect(left, round(middle - BAR / 2), 120, BAR), image)
        painter.drawText(QPointF(left + 128, middle + metrics.ascent() / 2 - 1), high)

    def _paint_place(self, painter: QPainter, look: MatrixLook) -> None:
        if self._at is None:
            return
        here, row, column = self._at
        rows, columns = look.matrices[0].shape
        for number in range(len(look.matrices)):
            area = self.matrix_rect(number)
            x = round(area.left() + (column + 0.5) / columns * area.width())
            y = round(area.top() + (row + 0.5) / rows * area.height())
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), colour("#ffffff", 0.35))
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), colour("#ffffff", 0.35))
            if number == here:
                lines = tuple(
                    ((title, figure(float(matrix[row, column]))),)
                    for title, matrix in zip(look.titles, look.matrices, strict=True)
                )
                tip = Tip(look.place(row, column), lines)
                paint_bubble(painter, tip, QRectF(x, y, 0, 0), QRectF(self.rect()))

    # Pointing

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._at = None if event is None else self.place_at(event.position())
        self.update()

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._at = None
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._images = []
        if event is not None and event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def restyle(self) -> None:
        """Draw anew what carries the theme's colours."""
        self._images = []
        self.update()
