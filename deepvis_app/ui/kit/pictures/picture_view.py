"""One picture with what is pointed out in it: receptive field, aperture, heat, a position."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QImage, QPainter, QPainterPath
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty, paint_stale
from deepvis_app.ui.kit.outline import around, paint_focus, paint_outline, round_corners
from deepvis_app.ui.kit.pictures.aperture import Place
from deepvis_app.ui.kit.pictures.content import Content, Covers
from deepvis_app.ui.kit.pictures.pill import paint_pill, pill_size
from deepvis_app.ui.kit.pictures.zoom_keys import ZoomKeys
from deepvis_app.ui.kit.pictures.zooming import Zooming
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from deepvis_app.ui.kit.pictures.aperture import Aperture
    from deepvis_app.ui.kit.pictures.heat import EdgesF, Heat

RADIUS = 4.0
LARGEST = 32.0  # logical pixels that one of the picture's may take, or
LEAST = 8.0  # times as large, where that is more
ROOMY = 120.0  # wide enough for a button in the corner
TALLEST = 1.25  # height per width up to which a picture asks for its whole height


class PictureView(ZoomKeys, KeyboardFocus, QWidget):
    """Shows an RGB picture (H, W, 3) as large as fits; one can look closer.

    Ctrl and the wheel, + and − enlarge; a drag moves what is enlarged; a double click, 0 or the
    button that is there meanwhile show the whole. Positions are in pixels of the picture; with an
    aperture, in those of the network's own. `ground`: the colour of what it lies on, which then
    need not be painted again with each picture; "": it is not known.
    """

    hovered = pyqtSignal(float, float)  # y, x
    left = pyqtSignal()
    clicked = pyqtSignal(float, float)
    dragged = pyqtSignal(float, float)  # with the button held: y, x, within the picture
    released = pyqtSignal()

    def __init__(
        self,
        empty_text: str = "",
        *,
        smooth: bool = True,
        ground: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._ground = ground
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, bool(ground))
        self._content: Content | None = None  # None: no picture
        self._covers = Covers()
        self._composed: QImage | None = None  # scaled, with heat and dimmed outside
        self._smooth = smooth
        self._empty = (empty_text, "")
        self._stale: str | None = None
        self._message = ("", "")  # in the picture's place
        self._field: EdgesF | None = None
        self._caption = ""
        self._heat: Heat | None = None
        self._crosshair: tuple[float, float] | None = None
        self._patch: EdgesF | None = None
        self._is_inside = False
        self._is_held = False
        self._pressed: tuple[float, float] | None = None  # where an enlarged picture is held
        self._draws = False  # a drag marks the picture; the middle button moves it
        self._zooming = Zooming(self, self.picture_rect, self._most)
        self._zooming.changed.connect(self._on_zoomed)
        self._reset: IconButton | None = None  # while it is enlarged
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Picture")
        self.setMouseTracking(True)
        self.setMinimumSize(64, 64)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_picture(
        self, picture: NDArray[np.uint8] | None, marks: NDArray[np.uint8] | None = None
    ) -> None:
        """Show a picture; None: the empty text. `marks` (H, W) are hatched: see `marks.py`."""
        self._covers = replace(self._covers, seen=None)
        if picture is None:
            self._set_content(None)
        else:
            place = Place.of(picture.shape, None)
            self._set_content(Content(picture, place, marks=marks, smooth=self._smooth))

    def set_frame(
        self, frame: NDArray[np.uint8], aperture: Aperture, seen: NDArray[np.uint8] | None = None
    ) -> None:
        """Show a picture (h, w, 3) sharp, and what the network sees of it.

        `seen` is the network's own picture (H, W, 3); a patch shows what is there.
        """
        self._covers = replace(self._covers, seen=seen)
        self._set_content(Content(frame, Place.of(frame.shape, aperture), aperture))

    def _set_content(self, content: Content | None) -> None:
        before, self._content = self._place, content
        place = self._place
        self._recompose()
        if place is None:
            self._zooming.reset()
        elif before != place and (before is None or _size(before) != _size(place)):
            self._zooming.reset()
            self.updateGeometry()

    @property
    def _place(self) -> Place | None:
        return None if self._content is None else self._content.place

    def set_wheel_zooms(self, zooms: bool) -> None:
        """Let the wheel zoom and leave Ctrl + wheel to the page; False: the other way round."""
        self._zooming.set_wheel_zooms(zooms)

    def set_draws(self, draws: bool) -> None:
        """Let a drag mark the picture also while it is enlarged; the middle button moves it."""
        self._draws = draws

    def set_empty_text(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def set_message(self, text: str, remedy: str = "") -> None:
        """Say why there is no picture in the present one's place; "": there is one."""
        if (text, remedy) != self._message:
            self._message = (text, remedy)
            self.update()

    def set_stale(self, caption: str | None) -> None:
        """Tint the picture and say why it is not the present; None: it is."""
        if caption != self._stale:
            self._stale = caption
            self.update()

    def set_field(self, box: EdgesF | None, caption: str = "") -> None:
        """Frame a receptive field (top, left, bottom, right)."""
        if (box, caption) != (self._field, self._caption):
            self._field, self._caption = box, caption
            self.update()

    def set_heat(self, heat: Heat | None) -> None:
        """Lay a map over the picture."""
        if heat is not None or self._heat is not None:
            self._heat = heat
            self._recompose()

    def set_crosshair(self, position: tuple[float, float] | None) -> None:
        """Mark a position (y, x)."""
        if position != self._crosshair:
            self._crosshair = position
            self.update()

    def set_patch(self, box: EdgesF | None) -> None:
        """Frame what is covered just now (top, left, bottom, right)."""
        if box != self._patch:
            self._patch = box
            self.update()

    def set_covered(self, boxes: tuple[EdgesF, ...]) -> None:
        """Show, over a sharp frame, these parts as the network sees them."""
        if boxes != self._covers.parts:
            self._covers = replace(self._covers, parts=boxes)
            self._recompose()

    def picture_rect(self) -> QRectF:
        """Return where what is shown lies, in logical pixels; empty without a picture."""
        return _logical(self._rect_px(), self.devicePixelRatioF())

    def _rect_px(self) -> QRect:
        if self._place is None:
            return QRect()
        ratio = self.devicePixelRatioF()
        room = QSize(int(self.width() * ratio), int(self.height() * ratio))
        size = _size(self._place).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSize(1, 1))
        x, y = (room.width() - size.width()) // 2, (room.height() - size.height()) // 2
        return QRect(x, y, size.width(), size.height())

    def _whole(self, shown: QRectF) -> QRectF:
        """Return where the whole picture would lie when `shown` is where its shown part lies."""
        zoom = self._zooming.zoom
        if zoom.is_whole:
            return QRectF(shown)
        size = shown.size() * zoom.times
        return QRectF(
            shown.left() - zoom.left * size.width(), shown.top() - zoom.top * size.height(),
            size.width(), size.height(),
        )  # fmt: skip

    def _most(self) -> float:
        if self._place is None or self._message[0]:
            return 1.0
        return max(LARGEST * self._place.width / max(self.picture_rect().width(), 1.0), LEAST)

    def _on_zoomed(self) -> None:
        has_room = self.picture_rect().width() >= ROOMY
        if has_room and not self._zooming.zoom.is_whole:
            self._reset = self._reset or self._make_reset()
            self._place_reset(self._reset)
            self._reset.show()
        elif self._reset is not None:
            self._reset.hide()
        self._recompose()

    def _make_reset(self) -> IconButton:
        button = IconButton("fit", "Show the whole picture (0, or a double click)", parent=self)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        button.clicked.connect(self._zooming.reset)
        return button

    def _place_reset(self, button: IconButton) -> None:
        corner, size = self.picture_rect().topRight(), button.sizeHint()
        button.setGeometry(
            round(corner.x()) - size.width() - 4, round(corner.y()) + 4, size.width(), size.height()
        )

    # Size ------------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(width * self._shape())

    def sizeHint(self) -> QSize:
        return QSize(240, round(240 * self._shape()))

    def _shape(self) -> float:
        if self._place is None:
            return 1.0
        return min(self._place.height / max(self._place.width, 1.0), TALLEST)

    # Painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        is_empty = self._place is None or bool(self._message[0])
        rect_px, ratio = self._rect_px(), self.devicePixelRatioF()
        rect = _logical(rect_px, ratio)
        if self._ground:
            covered = QRect() if is_empty else rect.toAlignedRect().adjusted(1, 1, -1, -1)
            for part in around(self.rect(), covered):
                painter.fillRect(part, colour(self._ground))
        if is_empty:
            self._paint_empty(painter)
            return
        if ratio == 1:
            self._paint_picture(painter, rect_px, ratio)
        else:
            painter.save()
            self._paint_picture(painter, rect_px, use_device_pixels(painter))
            painter.restore()
        self._paint_marks(painter, rect)
        if self._stale is not None:
            path = QPainterPath()
            path.addRoundedRect(rect, RADIUS, RADIUS)
            painter.setClipPath(path)
            paint_stale(painter, rect, self._stale)
        if self.shows_focus:
            paint_focus(painter, rect, RADIUS)

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control"))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        words = self._message if self._message[0] else self._empty
        paint_empty(painter, QRectF(self.rect()), *words)

    def _paint_picture(self, painter: QPainter, rect: QRect, ratio: float) -> None:
        content = self._content
        if content is None:
            return
        if self._composed is None or self._composed.size() != rect.size():
            whole = self._whole(QRectF(QRect(QPoint(0, 0), rect.size())))
            density = self.devicePixelRatioF()
            self._composed = content.image(rect.size(), whole, self._heat, self._covers, density)
        radius = RADIUS * ratio
        if self._ground:
            painter.drawImage(rect.topLeft(), self._composed)
            round_corners(painter, rect, radius, colour(self._ground))
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(rect.topLeft()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(self._composed))  # a brush: its corners are antialiased
        painter.drawRoundedRect(QRectF(QPointF(0, 0), rect.size().toSizeF()), radius, radius)
        painter.restore()

    def _paint_marks(self, painter: QPainter, rect: QRectF) -> None:
        aperture = None if self._content is None else self._content.aperture
        marks = aperture, self._field, self._patch, self._crosshair
        if all(mark is None for mark in marks):
            return
        mark, whole = active_theme().mark, self._whole(rect)
        if not self._zooming.zoom.is_whole:
            painter.setClipRect(rect)
        seen = whole
        if aperture is not None:
            seen = QRectF(self._on_screen((0, 0, *aperture.size), whole).toRect())
            if aperture.cuts():
                paint_outline(painter, seen.adjusted(1, 1, -1, -1), "#ffffff", 1)
        if self._field is not None:  # which may reach into the network's padding
            field = QRectF(self._on_screen(self._field, whole).intersected(seen).toRect())
            paint_outline(painter, field.adjusted(2, 2, -2, -2), mark, 1.5)
            if self._caption and field.intersects(rect):
                at = caption_rect(field, rect, self._caption).topLeft()
                paint_pill(painter, at, self._caption)
        if self._patch is not None:
            patch = QRectF(self._on_screen(self._patch, whole).intersected(seen).toRect())
            paint_outline(painter, patch.adjusted(1, 1, -1, -1), active_theme().mark_pinned, 1.5)
        if self._crosshair is not None:
            self._paint_crosshair(painter, whole)

    def _paint_crosshair(self, painter: QPainter, whole: QRectF) -> None:
        if self._crosshair is None:
            return
        y, x = self._crosshair
        at = self._on_screen((y, x, y, x), whole).topLeft()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for width, shade in ((3.0, colour("halo", 0.6)), (1.2, colour("mark"))):
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setWidthF(width)
            pen.setColor(shade)
            painter.setPen(pen)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                step = QPointF(dx, dy)
                painter.drawLine(at + step * 4, at + step * 10)

    def _on_screen(self, box: EdgesF, rect: QRectF) -> QRectF:
        """Return a box of the picture when all of it lies in `rect`."""
        return QRectF() if self._place is None else self._place.on_screen(box, rect)

    def _recompose(self) -> None:
        self._composed = None
        self.update()

    # Pointing --------------------------------------------------------------------------------

    def position_at(self, point: QPointF) -> tuple[float, float] | None:
        """Return the position (y, x) in the picture under a logical point; None beside it."""
        rect = self.picture_rect()
        if self._place is None or not rect.contains(point):
            return None
        return self._place.position(point, self._whole(rect))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        position = self.position_at(event.position()) if event else None
        if event is not None and not self._zooming.drag(event.position()) and self._is_held:
            self._drag(event.position())
        if position is not None:
            self._is_inside = True
            self.hovered.emit(*position)
        else:
            self._leave()

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._is_inside:
            self._is_inside = False
            self.left.emit()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Take hold of an enlarged picture, or point at it: then a click is told at once."""
        position = self.position_at(event.position()) if event else None
        if event is None or position is None:
            return
        moves = event.button() == Qt.MouseButton.MiddleButton
        if moves or (event.button() == Qt.MouseButton.LeftButton and not self._draws):
            self._pressed = None if moves else position
            if self._zooming.press(event.position()):
                return
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*position)
            self._is_held = True
            self._drag(event.position())

    def _drag(self, point: QPointF) -> None:
        rect = self.picture_rect()
        x = min(max(point.x(), rect.left()), rect.right() - 1e-3)
        y = min(max(point.y(), rect.top()), rect.bottom() - 1e-3)
        position = self.position_at(QPointF(x, y))
        if position is not None:
            self.dragged.emit(*position)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        if self._zooming.is_held:
            pressed, self._pressed = self._pressed, None
            if not self._zooming.release() and pressed is not None:
                self.clicked.emit(*pressed)
        elif event.button() == Qt.MouseButton.LeftButton and self._is_held:
            self._is_held = False
            self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        if event and self.position_at(event.position()) is not None:
            self._zooming.reset()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        if self.position_at(event.position()) is None or self._message[0]:
            event.ignore()
        else:
            self._zooming.wheel(event)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == event.Type.StyleChange:
            self._recompose()  # bars, shade and hatching have the theme's colours

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._reset is not None:
            self._place_reset(self._reset)


def _logical(rect_px: QRect, ratio: float) -> QRectF:
    rect = QRectF(rect_px)
    return rect if ratio == 1 else QRectF(rect.topLeft() / ratio, rect.size() / ratio)


def _size(place: Place) -> QSize:
    return QSize(max(round(place.width), 1), max(round(place.height), 1))


def caption_rect(field: QRectF, rect: QRectF, caption: str) -> QRectF:
    """Return where a caption goes: below `field`, or above or in it, always within `rect`."""
    box = QRectF(QPointF(0, 0), pill_size(caption))
    box.moveTopLeft(QPointF(field.left(), field.bottom() + 3))
    if box.bottom() > rect.bottom():
        box.moveBottom(field.top() - 3)
    if box.top() < rect.top():
        box.moveBottom(field.bottom() - 4)
    box.moveLeft(max(min(box.left(), rect.right() - box.width()), rect.left()))
    box.moveTop(max(min(box.top(), rect.bottom() - box.height()), rect.top()))
    return box
