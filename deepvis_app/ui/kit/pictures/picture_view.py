"""One picture with what is pointed out in it: receptive field, aperture, heat, a position."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QFontMetricsF, QImage, QKeyEvent, QPainter, QPainterPath, QRegion
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.tiles.marks import array_marks
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty, paint_stale
from deepvis_app.ui.kit.outline import paint_focus, paint_outline
from deepvis_app.ui.kit.pictures.aperture import Aperture, Place
from deepvis_app.ui.kit.pictures.marks import enlarged, hatched
from deepvis_app.ui.kit.pictures.zooming import Zooming
from deepvis_app.ui.kit.pixels import fitted_image, rgb_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from deepvis_app.ui.kit.pictures.heat import EdgesF, Heat

RADIUS = 4.0
DIMMED = 0.55  # of what the network does not see
LARGEST = 32.0  # logical pixels that one of the picture's may take, or
LEAST = 8.0  # times as large, where that is more
ROOMY = 120.0  # wide enough for a button in the corner
TALLEST = 1.25  # height per width up to which a picture asks for its whole height


class PictureView(KeyboardFocus, QWidget):
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
        self._image: QImage | None = None  # in its own size, or, with an aperture, as shown
        self._place: Place | None = None  # None: no picture
        self._frame: NDArray[np.uint8] | None = None  # with an aperture
        self._aperture: Aperture | None = None
        self._covered: NDArray[np.uint8] | None = None  # what a patch shows
        self._marks: NDArray[np.uint8] | None = None  # of a picture without an aperture
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
        self._parts: tuple[EdgesF, ...] = ()  # covered, as in `_covered`
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
        self._frame = self._aperture = self._covered = None
        self._marks = marks
        self._image = None if picture is None else rgb_image(picture)
        self._set_place(None if picture is None else Place.of(picture.shape, None))

    def set_frame(
        self, frame: NDArray[np.uint8], aperture: Aperture, seen: NDArray[np.uint8] | None = None
    ) -> None:
        """Show a picture (h, w, 3) sharp, and what the network sees of it.

        `seen` is the network's own picture (H, W, 3); a patch shows what is there.
        """
        self._frame, self._aperture, self._covered = frame, aperture, seen
        self._marks = None
        self._image = None
        self._set_place(Place.of(frame.shape, aperture))

    def _set_place(self, place: Place | None) -> None:
        before, self._place = self._place, place
        self._recompose()
        if place is None:
            self._zooming.reset()
        elif before is None or _size(before) != _size(place):
            self._zooming.reset()
            self.updateGeometry()

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
        if boxes != self._parts:
            self._parts = boxes
            (self.update if self._aperture is None else self._recompose)()

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
        if self._ground:
            painter.fillRect(self.rect(), colour(self._ground))
        if self._place is None or self._message[0]:
            self._paint_empty(painter)
            return
        painter.save()
        ratio, rect_px = use_device_pixels(painter), self._rect_px()
        self._paint_picture(painter, rect_px, ratio)
        painter.restore()
        rect = _logical(rect_px, self.devicePixelRatioF())
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
        if self._composed is None or self._composed.size() != rect.size():
            self._composed = self._compose(rect.size())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(rect.topLeft()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(self._composed))  # a brush: its corners are antialiased
        corner = RADIUS * ratio
        painter.drawRoundedRect(QRectF(QPointF(0, 0), rect.size().toSizeF()), corner, corner)

    def _compose(self, size: QSize) -> QImage:
        shown = QRect(QPoint(0, 0), size)
        whole = self._whole(QRectF(shown))
        image = self._scaled(shown, whole) if self._aperture is None else self._through(size, whole)
        cuts = self._aperture is not None and self._aperture.cuts()
        if self._marks is None and self._heat is None and not cuts:
            return image
        painter = QPainter(image)
        if self._marks is not None:
            spread = enlarged(self._marks, whole, shown)
            painter.drawImage(0, 0, hatched(spread, self.devicePixelRatioF()))
        if self._heat is not None:
            hint = QPainter.RenderHint.SmoothPixmapTransform
            painter.setRenderHint(hint, self._heat.smooth)
            area = self._on_screen(self._heat.box, whole) if self._heat.box else whole
            if self._heat.opacity > 0:  # else it is there for its marks
                painter.drawImage(area, self._heat.image())
            if (marks := array_marks(self._heat.values)) is not None:
                seen_part = area.toAlignedRect() & shown
                spread = enlarged(marks, area, seen_part)
                ratio = self.devicePixelRatioF()
                painter.drawImage(seen_part.topLeft(), hatched(spread, ratio, has_ground=False))
        if self._aperture is not None and cuts:
            seen = self._on_screen((0, 0, *self._aperture.size), whole).toRect()
            painter.setClipRegion(QRegion(shown) - QRegion(seen))
            painter.fillRect(shown, colour("halo", DIMMED))
        painter.end()
        return image

    def _scaled(self, shown: QRect, whole: QRectF) -> QImage:
        """Return what of the picture lies in `shown` when all of it lies in `whole`."""
        image = self._image or QImage(shown.size(), QImage.Format.Format_RGB32)
        shrinks = whole.width() < image.width()
        mode = (
            Qt.TransformationMode.SmoothTransformation
            if self._smooth or shrinks
            else Qt.TransformationMode.FastTransformation
        )
        if not self._zooming.zoom.is_whole:
            return _part_scaled(image, shown, whole, mode)
        scaled = image.scaled(shown.size(), Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        return scaled.copy() if scaled.constBits() == image.constBits() else scaled

    def _through(self, size: QSize, whole: QRectF) -> QImage:
        """Return the frame as far as it is shown, bars around it, and what covers it."""
        frame, aperture = self._frame, self._aperture
        shown = QRect(QPoint(0, 0), size)
        if frame is None or aperture is None:
            return _ground(size)
        part, box = aperture.part(frame.shape)
        area = self._on_screen(box, whole).toRect()
        pixels = frame[part]
        if not self._zooming.zoom.is_whole:
            pixels, area = _cut(pixels, area, shown, mirrored=aperture.mirrored)
        picture = fitted_image(pixels, area.size(), mirrored=aperture.mirrored)
        if area == shown and not self._parts:
            return picture
        image = _ground(size)
        painter = QPainter(image)
        painter.drawImage(area.topLeft(), picture)
        seen = frame[:0] if self._covered is None else self._covered
        for covered_box in self._parts:
            top, left, bottom, right = (max(round(edge), 0) for edge in covered_box)
            covered = seen[top:bottom, left:right]
            if covered.size:
                area = self._on_screen((top, left, bottom, right), whole).toRect()
                painter.drawImage(area, rgb_image(covered))
        painter.end()
        return image

    def _paint_marks(self, painter: QPainter, rect: QRectF) -> None:
        mark, whole = active_theme().mark, self._whole(rect)
        if not self._zooming.zoom.is_whole:
            painter.setClipRect(rect)
        seen = whole
        if self._aperture is not None:
            seen = QRectF(self._on_screen((0, 0, *self._aperture.size), whole).toRect())
            if self._aperture.cuts():
                paint_outline(painter, seen.adjusted(1, 1, -1, -1), "#ffffff", 1)
        if self._field is not None:  # which may reach into the network's padding
            field = QRectF(self._on_screen(self._field, whole).intersected(seen).toRect())
            paint_outline(painter, field.adjusted(2, 2, -2, -2), mark, 1.5)
            if self._caption and field.intersects(rect):
                self._paint_caption(painter, field, rect)
        if self._patch is not None:
            patch = QRectF(self._on_screen(self._patch, whole).intersected(seen).toRect())
            paint_outline(painter, patch.adjusted(1, 1, -1, -1), active_theme().mark_pinned, 1.5)
        if self._crosshair is not None:
            self._paint_crosshair(painter, whole)

    def _paint_caption(self, painter: QPainter, field: QRectF, rect: QRectF) -> None:
        painter.setFont(font(Size.CAPTION))
        box = caption_rect(field, rect, self._caption)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colour("halo", 0.65))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(colour("mark"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._caption)

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

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and self._zooming.takes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and not self._zooming.key(event.key()):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._reset is not None:
            self._place_reset(self._reset)


def _logical(rect_px: QRect, ratio: float) -> QRectF:
    rect = QRectF(rect_px)
    return QRectF(rect.topLeft() / ratio, rect.size() / ratio)


def _ground(size: QSize) -> QImage:
    """Return what lies beside a picture: the bars of a letterbox."""
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(colour("control"))
    return image


def _size(place: Place) -> QSize:
    return QSize(max(round(place.width), 1), max(round(place.height), 1))


def _cut(
    pixels: NDArray[np.uint8], area: QRect, shown: QRect, *, mirrored: bool
) -> tuple[NDArray[np.uint8], QRect]:
    """Return those of the pixels (h, w, 3) in `area` that reach into `shown`, and where these lie.

    Of a mirrored picture the pixels are as before it is turned.
    """
    height, width = pixels.shape[:2]
    seen = area & shown
    top, bottom = _reach(seen.top() - area.top(), seen.height(), height / area.height(), height)
    left, right = _reach(seen.left() - area.left(), seen.width(), width / area.width(), width)
    across, down = area.width() / width, area.height() / height
    x, y = area.left() + round(left * across), area.top() + round(top * down)
    place = QRect(
        x, y, area.left() + round(right * across) - x, area.top() + round(bottom * down) - y
    )
    columns = slice(width - right, width - left) if mirrored else slice(left, right)
    return pixels[top:bottom, columns], place


def _reach(start: int, length: int, step: float, most: int) -> tuple[int, int]:
    """Return the pixels of 0..most that hold a stretch of the screen, one more at both ends."""
    first = max(math.floor(start * step) - 1, 0)
    return first, max(min(math.ceil((start + length) * step) + 1, most), first + 1)


def _part_scaled(image: QImage, shown: QRect, whole: QRectF, mode: Qt.TransformationMode) -> QImage:
    """Return what of an image lies in `shown` when all of it lies in `whole`."""
    part = QImage(shown.size(), QImage.Format.Format_RGB32)
    painter = QPainter(part)
    across, down = image.width() / whole.width(), image.height() / whole.height()
    source = QRectF(
        -whole.left() * across, -whole.top() * down, shown.width() * across, shown.height() * down
    )
    is_smooth = mode == Qt.TransformationMode.SmoothTransformation
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
    painter.drawImage(QRectF(shown), image, source)
    painter.end()
    return part


@lru_cache(maxsize=64)
def _caption_width(caption: str) -> float:
    return QFontMetricsF(font(Size.CAPTION)).horizontalAdvance(caption)


def caption_rect(field: QRectF, rect: QRectF, caption: str) -> QRectF:
    """Return where a caption goes: below `field`, or above or in it, always within `rect`."""
    box = QRectF(0, 0, _caption_width(caption) + 8, 16)
    box.moveTopLeft(QPointF(field.left(), field.bottom() + 3))
    if box.bottom() > rect.bottom():
        box.moveBottom(field.top() - 3)
    if box.top() < rect.top():
        box.moveBottom(field.bottom() - 4)
    box.moveLeft(max(min(box.left(), rect.right() - box.width()), rect.left()))
    box.moveTop(max(min(box.top(), rect.bottom() - box.height()), rect.top()))
    return box
