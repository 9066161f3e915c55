"""A map of pictures that can be looked into, picked from, and encircled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QImage, QKeyEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QStyle, QWidget

from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus, paint_outline
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.pictures.zoom import STEP
from deepvis_app.ui.kit.pictures.zooming import SHARE, SLACK
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.scatter.cloud import Cloud, Window
from deepvis_app.ui.kit.scatter.lasso import Lasso, paint_badge, paint_outlines
from deepvis_app.ui.kit.scatter.lens import LEAST, MOST, Lens
from deepvis_app.ui.kit.scatter.live_mark import LiveMark, Spot, as_points, ring_picture
from deepvis_app.ui.kit.scatter.moving import FRAME_MS, Move, Sizes
from deepvis_app.ui.kit.scatter.scatter_keys import ARROWS, Deed, deed_of, next_in_direction
from deepvis_app.ui.kit.scatter.scene import Scene
from deepvis_app.ui.kit.scatter.still import DOT, Still, View
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import (
        QFocusEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from deepvis_app.ui.kit.scatter.lasso import Outline
    from deepvis_app.ui.kit.scatter.sprites import Sprites

    Looked = tuple[float, float, float]  # the middle, in the map's units, and times the whole

Tool = Literal["pan", "lasso"]

HOVER_MS = 150
REACH = 7.0  # logical pixels from a dot's middle that are still the dot
BUTTON, BETWEEN, EDGE = 32, 4, 12  # of the buttons, logical pixels
FULL_TURN = 120  # of a wheel's notch, in Qt's eighths of a degree
_B, _C = Qt.MouseButton, Qt.CursorShape


class ScatterView(KeyboardFocus, QWidget):
    """Points (N, 2), y upwards: thumbnails where they have room, else dots, or their density.

    Points are spoken of by their places 0..N-1. Wheel and + − zoom, 0 shows all, arrows and a drag
    pan; a click picks, a double click or Enter activates. The lasso encircles; Shift adds, Esc
    drops. Ctrl and an arrow walk to the next point, Ctrl+A encircles all that is in view.
    """

    picked = pyqtSignal(int, object)  # place, Qt.KeyboardModifier
    activated = pyqtSignal(int)
    hovered = pyqtSignal(int)  # place, -1: none
    lassoed = pyqtSignal(object, bool)  # corners (K, 2) in the map's units; adds to what is there
    dropped = pyqtSignal()
    zoomed = pyqtSignal()  # another part of the map is looked at

    def __init__(self, name: str = "Map of pictures", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = Scene()
        self._still = Still(self._scene)
        self._looked: Looked | None = None  # None: all of it
        self._tool: Tool = "pan"
        self._words, self._empty = "", ("", "")
        self._outlines: list[Outline] = []
        self._lasso: Lasso | None = None
        self._held: QPointF | None = None  # where the map was taken hold of last
        self._pressed: QPointF | None = None
        self._space = False
        self._cursor: int | None = None  # the picked point
        self._hovered = -1
        self._pointer: QPointF | None = None
        self._highlight: tuple[int, ...] = ()
        self._live: LiveMark | None = None
        self._ring: tuple[object, float, QImage | None] = (None, 0.0, None)
        self._move: Move | None = None
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self._go_on)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(HOVER_MS)
        self._rest.timeout.connect(lambda: self._hover(self._under_pointer()))
        self._filling = PacedUpdate(self, self._take_filled)
        self._buttons = self._make_buttons()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(name)

    def _make_buttons(self) -> tuple[IconButton, ...]:
        wanted = (
            ("plus", "Show the middle of the map larger (+)", lambda: self.zoom(STEP)),
            ("minus", "Show more of the map (−)", lambda: self.zoom(1 / STEP)),
            ("fit", "Show the whole map (0)", self.fit),
        )
        buttons = []
        for icon_name, tip, do in wanted:
            button = IconButton(icon_name, tip, parent=self)
            button.clicked.connect(do)
            button.setCursor(_C.ArrowCursor)
            buttons.append(button)
        return tuple(buttons)

    # What is shown ---------------------------------------------------------------------------

    def set_points(self, points: NDArray[np.floating], morph_ms: int = 0) -> None:
        """Take points (N, 2) of about [-1, 1]; as many as before move there in so many ms.

        Of as many as before, colours, selection and thumbnails stay. The array is not to be changed
        afterwards. One that is not finite is not shown.
        """
        before, after = self._scene.cloud, Cloud(points)
        if len(before) != len(after):
            self._cursor, self._highlight = None, ()
            self._hover(-1)
            if len(before):  # another map
                self._looked = None
        if not np.array_equal(before.given, after.given, equal_nan=True):
            self._outlines.clear()
        moves = morph_ms > 0 and 0 < len(before) == len(after) and self._animates()
        sides = self._still.thumbs.shown(*self._shown_view()) if moves else None
        self._end_move()
        self._scene.set_cloud(after)
        if sides is not None:
            view = self._shown_view()
            dot = round(DOT * self.devicePixelRatioF())
            sizes = Sizes.between(sides, self._still.thumbs.shown(*view), dot)
            self._move = Move(before, after, sizes, morph_ms)
            self._frames.start()
            self._go_on()
        self._tell()
        self.update()

    def set_colours(self, rgb: NDArray[np.uint8] | None) -> None:
        """Give points colours (N, 3), uint8; None: all the same."""
        self._scene.set_colours(rgb)
        self.update()

    def set_sprites(self, sprites: Sprites | None) -> None:
        """Show thumbnails of N pictures; they may be filled while they are shown."""
        old = self._scene.sprites
        if old is not None:
            old.filled.disconnect(self._filling.soon)
        self._scene.set_sprites(sprites)
        if sprites is not None:
            sprites.filled.connect(self._filling.soon)
        self.update()

    def set_selected(self, mask: NDArray[np.bool_] | None, words: str = "") -> None:
        """Select points (N,), bool: the others are dimmed. None: none is, and no line around.

        `words` stand below the lasso, such as "52 photographs".
        """
        self._scene.set_selected(mask)
        self._words = words
        if mask is None:
            self._outlines.clear()
        self._tell()
        self.update()

    def set_preferred(self, order: NDArray[np.int64] | None) -> None:
        """Say which places (k,) keep their thumbnails where they would overlap, the first most."""
        self._scene.set_preferred(order)
        self._still.thumbs.forget()
        self.update()

    def set_live(self, mark: LiveMark | None) -> None:
        """Show where the present frame is. What stands still is not drawn again."""
        mark = mark if mark is not None and mark.has_place else None
        area = self._live_area()
        self._live = mark
        area = area.united(self._live_area())
        if not area.isEmpty():
            self.update(area.toAlignedRect().adjusted(-2, -2, 2, 2))

    def set_highlight(self, places: Sequence[int]) -> None:
        """Frame some points, such as those of a strip that is pointed at."""
        given = tuple(place for place in places if 0 <= place < len(self._scene))
        if given != self._highlight:
            self._highlight = given
            self.update()

    def set_tool(self, tool: Tool) -> None:
        """Say what a drag does: it moves the map, or encircles."""
        self._tool = tool
        self._drop_drag()
        self._show_cursor()

    def set_notice(self, text: str, remedy: str = "") -> None:
        """Say why there is nothing to be seen, in its place; "": the map is shown."""
        if (text, remedy) != self._empty:
            self._empty = (text, remedy)
            self.update()

    # What is looked at -----------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole map."""
        self._still.thumbs.forget()
        self._look(None)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by a factor about a pixel of the widget, else about its middle."""
        at = at or QRectF(self.rect()).center()
        whole, lens = self._whole().scale, self._lens()
        scale = min(max(lens.scale * factor, LEAST * whole), MOST * whole)
        self._look_by(lens.about((at.x(), at.y()), self._size(), scale))

    def state(self) -> Looked | None:
        """Return what is looked at, for `restore`: (x, y, times the whole); None: the whole."""
        return self._looked

    def restore(self, state: Looked | None) -> None:
        """Look at what `state` returned."""
        if state is not None and not (np.isfinite(state).all() and LEAST <= state[2] <= MOST):
            state = None
        self._look(state)

    @property
    def times(self) -> float:
        """How much larger the map is than when it is shown whole."""
        return self._looked[2] if self._looked else 1.0

    def to_map(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return which points of the map lie at logical pixels (n, 2) of the widget."""
        return self._lens().to_map(pixels, self._size())

    def to_screen(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return at which logical pixels of the widget points of the map (n, 2) lie."""
        return self._lens().to_screen(points, self._size())

    def place_at(self, at: QPointF) -> int:
        """Return the point at a logical pixel: the thumbnail there, else the nearest dot; -1."""
        if self._empty[0] or not len(self._scene):
            return -1
        ratio, view = self.devicePixelRatioF(), self._shown_view()
        x, y = self._scene.cloud.raster(view.scale)
        column = round(at.x() * ratio) + view.window.left
        row = round(at.y() * ratio) + view.window.top
        shown = self.thumbnails()
        half = self._still.thumbs.shown(*view).side / 2
        over = (abs(x[shown] - column) <= half) & (abs(y[shown] - row) <= half)
        if over.any():
            return int(shown[np.flatnonzero(over)[0]])
        reach = round(REACH * ratio)
        near = self._scene.cloud.inside(
            view.scale, Window(column - reach, row - reach, column + reach + 1, row + reach + 1)
        )
        away = (x[near] - column) ** 2 + (y[near] - row) ** 2
        if not len(near) or away.min() > reach**2:
            return -1
        return int(near[np.argmin(away)])

    def thumbnails(self) -> NDArray[np.int64]:
        """Return the places that are shown as thumbnails now, rising."""
        view, sprites = self._shown_view(), self._scene.sprites
        self._still.pixmap(view)
        if sprites is None or self._still.is_dense:
            return np.zeros(0, np.int64)
        shown = self._still.thumbs.shown(*view).places
        return shown[sprites.has(shown)]

    def wanted(self) -> NDArray[np.int64]:
        """Return the places that have room for a thumbnail in view and are without a picture."""
        view, sprites = self._shown_view(), self._scene.sprites
        self._still.pixmap(view)
        if sprites is None or self._still.is_dense:
            return np.zeros(0, np.int64)
        shown = self._still.thumbs.shown(*view).places
        return shown[~sprites.has(shown)]

    def picture(self, size: QSize) -> QImage:
        """Return what is shown as a picture of so many pixels, drawn anew: larger is sharper."""
        ratio = min(size.width() / max(self.width(), 1), size.height() / max(self.height(), 1))
        image = QImage(size, QImage.Format.Format_RGB32)
        whole = size.width() / ratio, size.height() / ratio
        lens = self._lens()
        painter = QPainter(image)
        painter.drawPixmap(0, 0, Still(self._scene).pixmap(_view(lens, whole, ratio)))
        painter.scale(ratio, ratio)
        self._paint_over(painter, lens, whole, ratio)
        painter.end()
        return image

    def _size(self) -> tuple[float, float]:
        return float(self.width()), float(self.height())

    def _whole(self) -> Lens:
        return Lens.fitting(self._scene.cloud.box, self._size())

    def _lens(self) -> Lens:
        whole = self._whole()
        if self._looked is None:
            return whole
        x, y, times = self._looked
        return Lens(x, y, whole.scale * times)

    def _shown_view(self) -> View:
        return _view(self._lens(), self._size(), self.devicePixelRatioF())

    def _look_by(self, lens: Lens) -> None:
        if not len(self._scene):
            return
        lens = lens.within(self._scene.cloud.box)
        self._look((lens.x, lens.y, lens.scale / self._whole().scale))

    def _look(self, looked: Looked | None) -> None:
        if looked != self._looked:
            self._looked = looked
            self._tell()
            self.update()
            self.zoomed.emit()

    def _tell(self) -> None:
        """Say in words what is shown."""
        parts = [f"{len(self._scene)} points"]
        if self._scene.selected is not None:
            parts.append(f"{int(self._scene.selected.sum())} selected")
        if self._looked is not None:
            parts.append(f"{self.times:.3g} times as large as the whole")
        self.setAccessibleDescription(", ".join(parts))

    # Moving ----------------------------------------------------------------------------------

    def _animates(self) -> bool:
        """Tell whether things are to move: not out of sight, nor where the desktop says no."""
        style = self.style()
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        return self.isVisible() and (style is None or style.styleHint(hint, None, self) > 0)

    def _go_on(self) -> None:
        now = self._move.now() if self._move else None
        if now is None:
            self._end_move()
            return
        cloud, sizes = now
        self._scene.set_cloud(cloud)
        self._still.set_sizes(sizes)
        self.update()

    def _end_move(self) -> None:
        self._frames.stop()
        if self._move is not None:
            after, self._move = self._move.after, None
            self._scene.set_cloud(after)
            self._still.set_sizes(None)
            self.update()

    @property
    def is_moving(self) -> bool:
        """Whether points are on their way."""
        return self._move is not None

    def _take_filled(self) -> None:
        self._scene.version += 1
        self._still.thumbs.draw_anew()
        self.update()

    # Painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self._empty[0] or not len(self._scene):
            painter.fillRect(self.rect(), colour("background"))
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        else:
            painter.save()
            use_device_pixels(painter)
            painter.drawPixmap(0, 0, self._still.pixmap(self._shown_view()))
            painter.restore()
            self._paint_over(painter, self._lens(), self._size(), self.devicePixelRatioF())
        if self.shows_focus:
            paint_focus(painter, QRectF(self.rect()))

    def _paint_over(
        self, painter: QPainter, lens: Lens, size: tuple[float, float], ratio: float
    ) -> None:
        """Paint what moves or changes by itself."""
        bounds = QRectF(0, 0, *size)
        outlines = [*self._outlines] if self._lasso is None or self._lasso.adds else []
        if self._lasso is not None:
            outlines.append(self._lasso.outline())
        if outlines:
            covered = paint_outlines(painter, outlines, lambda points: lens.to_screen(points, size))
            if self._words and self._lasso is None:
                paint_badge(painter, self._words, covered, bounds)
        self._paint_frames(painter, lens, size)
        if self._live is not None:
            self._spot(self._live, lens, size).paint(painter, bounds, self._ring_picture(ratio))

    def _paint_frames(self, painter: QPainter, lens: Lens, size: tuple[float, float]) -> None:
        theme = active_theme()
        bright = "#ffffff" if theme.is_dark else theme.mark
        framed = [(place, bright) for place in self._highlight]
        if self._cursor is not None and self.shows_focus:
            framed.append((self._cursor, theme.mark))
        if not framed:
            return
        at = lens.to_screen(self._scene.cloud.points[[place for place, _ in framed]], size)
        thumbs = self.thumbnails()
        side = self._still.thumbs.shown(*self._shown_view()).side / self.devicePixelRatioF()
        for (place, shade), (x, y) in zip(framed, at.tolist(), strict=True):
            half = side / 2 if place in thumbs else DOT / 2 + 1
            rect = QRectF(round(x - half), round(y - half), round(2 * half), round(2 * half))
            paint_outline(painter, rect, shade, 2.0)

    def _spot(self, mark: LiveMark, lens: Lens, size: tuple[float, float]) -> Spot:
        points = self._scene.cloud.points
        nearest = [place for place in mark.neighbours if 0 <= place < len(points)]
        trail = np.zeros((0, 2)) if mark.trail is None else np.asarray(mark.trail, np.float64)
        at = lens.to_screen(np.array([mark.point]), size)
        return Spot(
            mark,
            QPointF(*at[0].tolist()),
            as_points(lens.to_screen(points[nearest], size)),
            as_points(lens.to_screen(trail, size)),
        )

    def _live_area(self) -> QRectF:
        if self._live is None:
            return QRectF()
        return self._spot(self._live, self._lens(), self._size()).area(QRectF(self.rect()))

    def _ring_picture(self, ratio: float) -> QImage | None:
        picture = self._live.picture if self._live else None
        if self._ring[0] is not picture or self._ring[1] != ratio:
            self._ring = picture, ratio, None if picture is None else ring_picture(picture, ratio)
        return self._ring[2]

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        y = self.height() - EDGE - BUTTON
        for button in reversed(self._buttons):
            button.setGeometry(self.width() - EDGE - BUTTON, y, BUTTON, BUTTON)
            y -= BUTTON + BETWEEN

    # The mouse -------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            self.zoom(STEP ** (event.angleDelta().y() / FULL_TURN), event.position())
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        at, button = event.position(), event.button()
        if button == _B.MiddleButton or (button == _B.LeftButton and self._pans):
            self._held = at
        elif button == _B.LeftButton:
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._lasso = Lasso(adds, self._point_at(at), at)
        else:
            return
        self._pressed = at
        self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        at = self._pointer = event.position()
        if self._pressed is not None and self._is_slack(at):
            return
        if self._held is not None:
            way, self._held = self._held - at, at
            self._pressed = None
            self._look_by(self._lens().moved(way.x(), way.y()))
        elif self._lasso is not None:
            self._pressed = None
            if self._lasso.go_to(self._point_at(at), at):
                self.update()
        else:
            if self._hovered >= 0 and self.place_at(at) != self._hovered:
                self._hover(-1)
            self._rest.start()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or (self._held is None and self._lasso is None):
            return
        was_click, lasso = self._pressed is not None, self._lasso
        self._drop_drag()
        if was_click and event.button() == _B.LeftButton:
            self._pick(self.place_at(event.position()), event.modifiers())
        elif lasso is not None and lasso.encloses:
            self._enclose(lasso.outline(), lasso.adds)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == _B.LeftButton:
            place = self.place_at(event.position())
            if place >= 0:
                self.activated.emit(place)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._pointer = None
        self._rest.stop()
        self._hover(-1)

    @property
    def _pans(self) -> bool:
        return self._tool == "pan" or self._space

    def _is_slack(self, at: QPointF) -> bool:
        return self._pressed is not None and (at - self._pressed).manhattanLength() <= SLACK

    def _point_at(self, at: QPointF) -> tuple[float, float]:
        x, y = self.to_map(np.array([(at.x(), at.y())]))[0].tolist()
        return x, y

    def _under_pointer(self) -> int:
        return -1 if self._pointer is None else self.place_at(self._pointer)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.hovered.emit(place)

    def _pick(self, place: int, keys: Qt.KeyboardModifier) -> None:
        if place < 0:
            return
        if not keys & Qt.KeyboardModifier.ShiftModifier:
            self._outlines.clear()
        self._cursor = place
        self.update()
        self.picked.emit(place, keys)

    def _enclose(self, outline: Outline, adds: bool) -> None:
        self._outlines = [*(self._outlines if adds else ()), outline]
        self.update()
        self.lassoed.emit(outline, adds)

    def _drop_drag(self) -> bool:
        """Let go of what is held or drawn; return whether there was something."""
        was_there = self._held is not None or self._lasso is not None
        self._held = self._lasso = self._pressed = None
        self._show_cursor()
        self.update()
        return was_there

    def _show_cursor(self) -> None:
        if self._held is not None:
            self.setCursor(_C.ClosedHandCursor)
        else:
            self.setCursor(_C.OpenHandCursor if self._pans else _C.CrossCursor)

    # Keys ------------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._takes(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        """Tell whether a key is one of the map's and so no shortcut of the window."""
        deed = deed_of(event)
        if deed is Deed.DROP:
            return self._has_drop()
        if deed is Deed.OPEN:
            return self._cursor is not None
        if deed is Deed.FIT:
            return self._looked is not None
        is_space = event.key() == Qt.Key.Key_Space and not event.modifiers()
        return deed is not None or (is_space and self._tool == "lasso")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        deed = deed_of(event)
        if event.key() == Qt.Key.Key_Space and self._tool == "lasso":
            self._hold_space(True)
        elif deed is None or not self._do(deed, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        self._hold_space(False)
        super().focusOutEvent(event)

    def _hold_space(self, held: bool) -> None:
        if held != self._space:
            self._space = held
            self._show_cursor()

    def _has_drop(self) -> bool:
        is_dragging = self._lasso is not None or self._held is not None
        return is_dragging or bool(self._outlines) or self._scene.selected is not None

    def _do(self, deed: Deed, event: QKeyEvent) -> bool:
        """Do what a key asks for; return whether there was something to do."""
        if deed is Deed.PAN:
            across, down = ARROWS[Qt.Key(event.key())]
            self._look_by(
                self._lens().moved(across * SHARE * self.width(), down * SHARE * self.height())
            )
        elif deed is Deed.WALK:
            self._walk(*ARROWS[Qt.Key(event.key())], event.modifiers())
        elif deed in (Deed.LARGER, Deed.SMALLER):
            self.zoom(STEP if deed is Deed.LARGER else 1 / STEP)
        elif deed is Deed.FIT:
            self.fit()
        elif deed is Deed.OPEN:
            if self._cursor is None:
                return False
            self.activated.emit(self._cursor)
        elif deed is Deed.ENCLOSE:
            self._enclose_view(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            return self._drop()
        return True

    def _drop(self) -> bool:
        if not self._has_drop():
            return False
        if not self._drop_drag():
            self._outlines.clear()
            self.dropped.emit()
        return True

    def _walk(self, across: int, down: int, keys: Qt.KeyboardModifier) -> None:
        """Pick the next point in a direction; the first time, the one nearest the middle."""
        if not len(self._scene):
            return
        x, y = self._scene.cloud.raster(self._shown_view().scale)
        if self._cursor is None:
            lens = self._lens()
            away = self._scene.cloud.points - np.array((lens.x, lens.y), np.float32)
            place: int | None = int(np.argmin((away**2).sum(1)))
        else:
            place = next_in_direction(x, y, self._cursor, across, down)
        if place is None:
            return
        self._by_keyboard = True
        self._bring_into_view(place)
        self._pick(place, keys & Qt.KeyboardModifier.ShiftModifier)

    def _bring_into_view(self, place: int) -> None:
        point = self._scene.cloud.points[place]
        at = self.to_screen(point[None])[0]
        if not QRectF(self.rect()).adjusted(8, 8, -8, -8).contains(QPointF(*at.tolist())):
            x, y = point.tolist()
            self._look_by(Lens(x, y, self._lens().scale))

    def _enclose_view(self, adds: bool) -> None:
        wide, tall = self._size()
        corners = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)])
        self._enclose(self.to_map(corners), adds)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self.update()


def _view(lens: Lens, size: tuple[float, float], ratio: float) -> View:
    """Return which of the screen's pixels a lens shows in so many logical ones."""
    scale = lens.scale * ratio
    wide, tall = max(round(size[0] * ratio), 1), max(round(size[1] * ratio), 1)
    left, top = round(lens.x * scale - wide / 2), round(-lens.y * scale - tall / 2)
    return View(Window(left, top, left + wide, top + tall), scale, ratio)
