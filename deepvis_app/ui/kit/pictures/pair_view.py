"""Two pictures of one thing, to be told apart: split, in turn, side by side, or as what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QImage, QPainter, QPainterPath
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.captions import Captions
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus, round_corners
from deepvis_app.ui.kit.pictures.pair_parts import (
    Compare,
    PartImages,
    fitting,
    paint_captions,
    paint_handle,
)
from deepvis_app.ui.kit.pictures.zoom_keys import ZoomKeys
from deepvis_app.ui.kit.pictures.zooming import Zooming
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    Picture = NDArray[np.uint8] | None

RADIUS, GAP = 4.0, 8
BLINK_MS = 700
LARGEST, LEAST = 32.0, 8.0  # as in `PictureView`
NEAR = 16.0  # of the handle's line, that it can be taken hold of
VEILED = 0.72  # of a picture that only says what will be


class PairView(ZoomKeys, KeyboardFocus, QWidget):
    """Shows pictures (H, W, 3) at whole multiples of their pixels, or as small as they fit.

    The second one has its place alone while there is no first one. What is zoomed and moved is
    alike for both. A drag moves the line of a split.
    """

    split_moved = pyqtSignal(float)  # 0..1
    scale_changed = pyqtSignal(float)  # pixels of the screen a pixel of the picture; 0: none
    refit_wanted = pyqtSignal()  # another shape or width: `height_for` gives another height

    def __init__(self) -> None:
        super().__init__()
        self._before: Picture = None
        self._after: Picture = None
        self._difference: Picture = None
        self._captions = Captions()
        self._compare = Compare.SPLIT
        self._split = 0.5
        self._words = ("", "")
        self._is_moving_split = False
        self._is_second = False  # of a blink
        self._pointed = 0  # the cell under the pointer
        self._scale = 0.0
        self._images = PartImages()
        self._zooming = Zooming(self, self._area, self._most)
        self._zooming.changed.connect(self.update)
        self._blinks = QTimer(self)
        self._blinks.setInterval(BLINK_MS)
        self._blinks.timeout.connect(self._on_blink)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Input and result")
        self.setMouseTracking(True)
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_pictures(self, before: Picture, after: Picture, difference: Picture = None) -> None:
        """Show pictures (H, W, 3); None: there is none."""
        old = self._shape()
        self._before, self._after, self._difference = before, after, difference
        if self._shape() != old:
            self._zooming.reset()
            self.refit_wanted.emit()
        self._tell_scale()
        self.update()

    def set_captions(self, captions: Captions) -> None:
        if captions != self._captions:
            self._captions = captions
            self.update()

    def set_compare(self, compare: Compare) -> None:
        self._compare, self._is_second = compare, False
        self._see_to_blinks()
        self._tell_scale()
        self.update()

    def set_split(self, share: float) -> None:
        if share != self._split:
            self._split = share
            self.update()

    def set_words(self, text: str, remedy: str = "") -> None:
        """Veil what is shown and say why: there is no result yet; "": there is one."""
        if (text, remedy) != self._words:
            self._words = (text, remedy)
            self.update()

    def set_wheel_zooms(self, zooms: bool) -> None:
        self._zooming.set_wheel_zooms(zooms)

    def pictures(self) -> tuple[Picture, Picture, Picture]:
        """Return what is shown: before, after, difference."""
        return self._before, self._after, self._difference

    def words(self) -> tuple[str, str]:
        return self._words

    def captions(self) -> Captions:
        return self._captions

    # Where things lie ------------------------------------------------------------------------

    @property
    def _mode(self) -> Compare | None:
        """How it is compared; None: there are not two pictures."""
        if self._before is None or self._after is None:
            return None
        if self._compare is Compare.DIFFERENCE and self._difference is None:
            return Compare.SPLIT
        return self._compare

    def _shape(self) -> tuple[int, int] | None:
        """Return the pixels (H, W) of what counts: the result's, else the first one's."""
        shown = self._after if self._after is not None else self._before
        return None if shown is None else (shown.shape[0], shown.shape[1])

    def cells(self) -> tuple[QRect, ...]:
        """Return where pictures lie, in pixels of the screen."""
        shape, ratio = self._shape(), self.devicePixelRatioF()
        if shape is None:
            return ()
        count = 2 if self._mode is Compare.BESIDE else 1
        gap = round(GAP * ratio)
        room = QSize(int(self.width() * ratio), int(self.height() * ratio))
        wide = (room.width() - gap * (count - 1)) // count
        size = fitting(shape, wide, room.height())
        step = size.width() + gap
        return tuple(QRect(QPoint(place * step, 0), size) for place in range(count))

    def height_for(self, width: int, tall: int) -> int:
        """Return how high one picture is in so much width and height; one multiple at least."""
        shape, ratio = self._shape(), self.devicePixelRatioF()
        if shape is None:
            return min(width, 240)
        wide = int(width * ratio)
        least = fitting(shape, min(wide, shape[1]), 1 << 20).height()
        size = fitting(shape, wide, max(int(tall * ratio), least))
        return max(round(size.height() / ratio), 64)

    def scale(self) -> float:
        """Return how large a pixel of the picture is, in pixels of the screen; 0: no picture."""
        cells, shape = self.cells(), self._shape()
        return 0.0 if not cells or shape is None else cells[0].width() / max(shape[1], 1)

    def _area(self) -> QRectF:
        cells = self.cells()
        return self._logical(cells[min(self._pointed, len(cells) - 1)]) if cells else QRectF()

    def _logical(self, cell: QRect) -> QRectF:
        ratio = self.devicePixelRatioF()
        return QRectF(QPointF(cell.topLeft()) / ratio, cell.size().toSizeF() / ratio)

    def _most(self) -> float:
        shape = self._shape()
        if shape is None or self._words[0]:
            return 1.0
        return max(LARGEST * shape[1] / max(self._area().width(), 1.0), LEAST)

    def _tell_scale(self) -> None:
        scale = self.scale()
        if scale != self._scale:
            self._scale = scale
            self.scale_changed.emit(scale)

    def _line_x(self) -> float:
        area = self._area()
        return area.left() + self._split * area.width()

    # Painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        cells = self.cells()
        if not cells:
            self._paint_nothing(painter)
            return
        painter.save()
        ratio = use_device_pixels(painter)
        if self._mode is Compare.SPLIT:
            self._paint_split(painter, cells[0], ratio)
        else:
            for name, cell in zip(self._in_cells(), cells, strict=False):
                painter.drawImage(cell.topLeft(), self._image(name, cell))
        for cell in cells:
            round_corners(painter, cell, RADIUS * ratio, colour("background"))
        painter.restore()
        cells_f = [self._logical(cell) for cell in cells]
        second = self._is_second if self._mode is not None else self._after is not None
        paint_captions(painter, self._captions, self._mode, cells_f, second)
        if self._words[0]:
            self._paint_words(painter)
        elif self._mode is Compare.SPLIT:
            paint_handle(painter, self._area(), self._line_x())
        if self.shows_focus:
            paint_focus(painter, self._area(), RADIUS)

    def _in_cells(self) -> tuple[str, ...]:
        """Return which pictures are shown: "before", "after", "difference"."""
        mode = self._mode
        if mode is None:
            return ("after" if self._after is not None else "before",)
        if mode is Compare.BESIDE:
            return "before", "after"
        if mode is Compare.DIFFERENCE:
            return ("difference",)
        return ("after" if self._is_second else "before",)

    def _image(self, name: str, cell: QRect) -> QImage:
        named = {"before": self._before, "after": self._after, "difference": self._difference}
        picture = named[name]
        assert picture is not None  # only such are in cells
        ratio = self.devicePixelRatioF()
        return self._images.of(name, picture, cell.size(), self._zooming.zoom, ratio)

    def _paint_split(self, painter: QPainter, cell: QRect, ratio: float) -> None:
        line = round(self._line_x() * ratio)
        left = QRect(cell.left(), cell.top(), max(line - cell.left(), 0), cell.height())
        painter.drawImage(cell.topLeft(), self._image("after", cell))
        painter.drawImage(
            cell.topLeft(), self._image("before", cell), left.translated(-cell.topLeft())
        )

    def _paint_words(self, painter: QPainter) -> None:
        area = self._area()
        path = QPainterPath()
        path.addRoundedRect(area, RADIUS, RADIUS)
        painter.fillPath(path, colour("background", VEILED))
        paint_empty(painter, area, *self._words)

    def _paint_nothing(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control"))
        side = min(self.width(), self.height())
        room = QRectF(0, 0, side, side)
        painter.drawRoundedRect(room, RADIUS, RADIUS)
        paint_empty(painter, room, *self._words)

    # Blinking --------------------------------------------------------------------------------

    def _see_to_blinks(self) -> None:
        if self._compare is Compare.BLINK and self.isVisible():
            self._blinks.start()
        else:
            self._blinks.stop()

    def _on_blink(self) -> None:
        self._is_second = not self._is_second
        self.update()

    # Qt's own methods ------------------------------------------------------------------------

    def showEvent(self, _event: object) -> None:
        self._see_to_blinks()

    def hideEvent(self, _event: object) -> None:
        self._blinks.stop()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if event is not None and event.oldSize().width() != self.width():
            self.refit_wanted.emit()
        self._tell_scale()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == event.Type.StyleChange:
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(454, 454)

    def _is_near_line(self, at: QPointF) -> bool:
        is_split = self._mode is Compare.SPLIT and not self._words[0]
        return is_split and abs(at.x() - self._line_x()) <= NEAR

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position()
        if self._is_near_line(at):
            self._is_moving_split = True
        elif not self._zooming.press(at) and self._mode is Compare.SPLIT and not self._words[0]:
            self._is_moving_split = True
            self._move_split(at)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        at, ratio = event.position(), self.devicePixelRatioF()
        if self._is_moving_split:
            self._move_split(at)
        elif not self._zooming.drag(at):
            cells = self.cells()
            inside = [k for k, cell in enumerate(cells) if QRectF(cell).contains(at * ratio)]
            self._pointed = inside[0] if inside else 0
            near = self._is_near_line(at)
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, _event: QMouseEvent | None) -> None:
        self._is_moving_split = False
        if self._zooming.is_held:
            self._zooming.release()

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:
        self._zooming.reset()

    def _move_split(self, at: QPointF) -> None:
        area = self._area()
        share = (at.x() - area.left()) / max(area.width(), 1.0)
        self.split_moved.emit(min(max(share, 0.0), 1.0))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        if not self._area().contains(event.position()) or self._words[0]:
            event.ignore()
        else:
            self._zooming.wheel(event)
