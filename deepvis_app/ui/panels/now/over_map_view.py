"""A small map in the colours of one unit, with the place of the present frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.pictures.colour_bar import ColourBar
from deepvis_app.ui.kit.pixels import rgb_image, use_device_pixels
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage, QPaintEvent

    from deepvis_app.ui.kit.point_colours import Shades

HEIGHT, MARGIN, RING = 168, 10.0, 6.0
DOT = 2  # a dot's half width in logical pixels; among many one less
MANY = 5000


class OverMapView(QWidget):
    """Everything shown comes in by setters."""

    colour_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        header = SectionHeader("This unit over the map", "highest of each picture", explains=True)
        header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("unit-over-map")
        )
        self.map, self.bar = UnitMap(), ColourBar()
        self.button = QPushButton("Colour the map by this unit")
        self.button.setToolTip("Give the points of the map these colours")
        self.button.clicked.connect(self.colour_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (header, self.map, self.bar):
            column.addWidget(widget)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_scale(None, 0.0, 0.0)

    def set_scale(
        self, shades: Shades | None, low: float, high: float, *, signed: bool = False
    ) -> None:
        """Say which values the colours stand for; None: there are none."""
        for widget in (self.bar, self.button):
            widget.setVisible(shades is not None)
        if shades is not None:
            self.bar.set_colours(shades)
            self.bar.set_range(low, high, signed)


class UnitMap(QWidget):
    """Points as dots, the strongest above the others; a ring where the frame is."""

    def __init__(self) -> None:
        super().__init__()
        self._points: NDArray[np.float32] | None = None
        self._rgb: NDArray[np.uint8] | None = None
        self._order: NDArray[np.int64] | None = None
        self._ring: tuple[float, float] | None = None
        self._why_not = ""
        self._ends = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
        self._image: tuple[object, QImage] | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("The unit's values over the map")

    def set_points(
        self,
        points: NDArray[np.float32],
        rgb: NDArray[np.uint8] | None,
        values: NDArray[np.float32] | None,
        why_not: str = "",
    ) -> None:
        """Show points (N, 2) in colours (N, 3); None: `why_not` says why there are none."""
        self._points, self._rgb, self._why_not = points, rgb, why_not
        strength = None if values is None else np.nan_to_num(np.abs(values), nan=-1.0)
        self._order = None if strength is None else np.argsort(strength, kind="stable")
        self._ends = points.min(0), points.max(0)
        self._image = None
        self.update()

    def set_ring(self, point: tuple[float, float] | None) -> None:
        """Mark a place; None: none is known."""
        if point != self._ring:
            area = self._ring_area().united(self._ring_area(point))
            self._ring = point
            self.update(area.toAlignedRect())

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def place(self, point: tuple[float, float]) -> QPointF:
        """Return where a point of the map is, in logical pixels."""
        (x, y), scale = self._fit()
        middle = QRectF(self.rect()).center()
        return QPointF(middle.x() + scale * (point[0] - x), middle.y() - scale * (point[1] - y))

    def _fit(self) -> tuple[tuple[float, float], float]:
        """Return the middle of all points, and how many logical pixels a unit of the map takes."""
        low, high = self._ends
        wide, tall = np.maximum(high - low, 1e-6).tolist()
        room = self.width() - 2 * MARGIN, self.height() - 2 * MARGIN
        x, y = ((low + high) / 2).tolist()
        return (x, y), max(min(room[0] / wide, room[1] / tall), 1.0)

    def _ring_area(self, point: tuple[float, float] | None = None) -> QRectF:
        point = point or self._ring
        if point is None:
            return QRectF()
        reach, at = RING + 3, self.place(point)
        return QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self._points is None or self._rgb is None:
            painter.fillRect(self.rect(), colour("background"))
            paint_empty(painter, QRectF(self.rect()), "", self._why_not)
            return
        painter.save()
        ratio = use_device_pixels(painter)
        painter.drawImage(QPointF(0, 0), self._drawn(ratio))
        painter.restore()
        if self._ring is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            at = self.place(self._ring)
            ink = "#ffffff" if active_theme().is_dark else "text"
            for shade, width in ((colour("halo", 0.6), 4.0), (colour(ink), 2.0)):
                painter.setPen(QPen(shade, width))
                painter.drawEllipse(at, RING, RING)

    def _drawn(self, ratio: float) -> QImage:
        key = self.size(), ratio, active_theme().name
        if self._image is None or self._image[0] != key:
            self._image = key, rgb_image(self._pixels(ratio))
        return self._image[1]

    def _pixels(self, ratio: float) -> NDArray[np.uint8]:
        points, rgb = self._points, self._rgb
        assert points is not None
        assert rgb is not None
        wide, tall = round(self.width() * ratio), round(self.height() * ratio)
        sheet = np.empty((tall, wide, 3), np.uint8)
        sheet[:] = colour("background").getRgb()[:3]
        order = np.arange(len(points)) if self._order is None else self._order
        half = max(round((DOT if len(points) <= MANY else DOT - 1) * ratio), 0)
        (x, y), scale = self._fit()
        columns = np.round(wide / 2 + scale * ratio * (points[order, 0] - x)).astype(np.int64)
        rows = np.round(tall / 2 - scale * ratio * (points[order, 1] - y)).astype(np.int64)
        across = np.arange(-half, half + 1)
        dots = [(i, j) for i in across for j in across if i * i + j * j <= half * half + half]
        for i, j in dots:
            row, column = np.clip(rows + i, 0, tall - 1), np.clip(columns + j, 0, wide - 1)
            sheet[row, column] = rgb[order]
        return sheet
