"""How fast a map is drawn, in a window of its own: what `deepvis bench map` starts.

python -m deepvis_app.ui.kit.scatter.meter SECONDS THUMBNAILS prints a line of JSON for each
measure. `ours` is the map; `bare` the plain way: all of it drawn anew each time.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QPainter
from PyQt6.QtWidgets import QApplication, QWidget

from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.scatter.live_mark import LiveMark
from deepvis_app.ui.kit.scatter.scatter_view import ScatterView
from deepvis_app.ui.kit.scatter.sprites import SIDE, Sprites
from deepvis_app.ui.kit.scatter.stamps import draw, packed, plate_sheet
from deepvis_app.ui.kit.scatter.thumbs import USUAL
from deepvis_app.ui.kit.theme import DARK, apply_theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

    Pixels = NDArray[np.uint8]

SIZE = 752, 580  # of the map in a window of 1440 x 900
THUMBNAILS, POINTS = 10_000, 1_000_000
CLUSTERS = 24
STEP = 12  # logical pixels from one picture of a pan to the next
TURN = 20  # pictures, after which it goes back
WARM_UP = 5
MARK = 5, 14, (720, 1280)  # neighbours, places of the trail, the frame


def clusters(count: int) -> tuple[NDArray[np.float32], Pixels]:
    """Return points (count, 2) in clusters, and a colour for each, (count, 3); always the same."""
    rng = np.random.default_rng(0)
    of = rng.integers(0, CLUSTERS, count)
    middles = rng.normal(0, 0.35, (CLUSTERS, 2))
    points = middles[of] + rng.normal(0, 0.07, (count, 2))
    colours = rng.integers(70, 250, (CLUSTERS, 3)).astype(np.uint8)
    return (points / np.abs(points).max()).astype(np.float32), colours[of]


def grid(count: int) -> NDArray[np.float32]:
    """Return points (count, 2) in the cells of a grid, as wide to its height as the window."""
    columns = math.ceil(math.sqrt(count * SIZE[0] / SIZE[1]))
    row, column = np.divmod(np.arange(count), columns)
    across = (column + 0.5) / columns * 2 - 1
    down = (row + 0.5) / columns * 2
    return np.stack([across, SIZE[1] / SIZE[0] - down], 1).astype(np.float32)


class Plain(QWidget):
    """A map without level of detail and without memory: `paint` draws all of it each time."""

    def __init__(self, paint: Callable[[QPainter, QPoint], None]) -> None:
        super().__init__()
        self._paint, self.corner = paint, QPoint()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(*SIZE)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().window())
        self._paint(painter, self.corner)


def plain_thumbnails(points: NDArray[np.float32], colours: Pixels, pictures: Pixels) -> Plain:
    """Return a map that draws every thumbnail in its frame, whatever lies over it."""
    side = USUAL - 4
    sprites = Sprites(len(points))
    sprites.put(np.arange(len(points)), pictures)
    sheet = plate_sheet(sprites.scaled(np.arange(len(points)), side), packed(colours), 2, 3.0)
    x, y = _raster(points)
    which = np.arange(len(points))

    def paint(painter: QPainter, corner: QPoint) -> None:
        draw(painter, sheet, x + corner.x(), y + corner.y(), which)

    return Plain(paint)


def plain_points(points: NDArray[np.float32], colours: Pixels) -> Plain:
    """Return a map that colours a pixel for each point."""
    x, y = _raster(points)

    def paint(painter: QPainter, corner: QPoint) -> None:
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        across, down = x + corner.x(), y + corner.y()
        inside = (across >= 0) & (across < SIZE[0]) & (down >= 0) & (down < SIZE[1])
        picture[down[inside], across[inside]] = colours[inside]
        painter.drawImage(0, 0, rgb_image(picture))

    return Plain(paint)


def _raster(points: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    scale = min(SIZE) / 2
    at = np.array(SIZE) / 2 + points * (scale, -scale)
    return at[:, 0].astype(np.int32), at[:, 1].astype(np.int32)


class Meter:
    """Takes turns of about `seconds` with each way, in windows that are really there."""

    def __init__(self, app: QApplication, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    def rate(self, widget: QWidget, step: Callable[[int], None]) -> float:
        """Return pictures a second: `step` changes what is to be seen, then it is painted."""
        count, began_s = 0, 0.0
        for number in self._numbers():
            if number == WARM_UP:
                count, began_s = 0, time.perf_counter()
            step(number)
            widget.repaint()
            self._app.processEvents()
            count += 1
        return count / (time.perf_counter() - began_s)

    def cpu_ms(self, step: Callable[[int], None]) -> float:
        """Return the milliseconds of the processor that a step and its painting take."""
        count, began_s = 0, 0.0
        for number in self._numbers():
            if number == WARM_UP:
                count, began_s = 0, time.thread_time()
            step(number)
            self._app.processEvents()
            count += 1
        return 1000 * (time.thread_time() - began_s) / count

    def show(self, widget: QWidget) -> None:
        widget.resize(*SIZE)
        widget.show()
        self._app.processEvents()

    def _numbers(self) -> Iterator[int]:
        until_s, number = time.perf_counter() + self._seconds, 0
        while number < 2 * WARM_UP or time.perf_counter() < until_s:
            yield number
            number += 1


def drag(view: ScatterView) -> Callable[[int], None]:
    """Return steps of a drag through a map, to and fro."""
    at = QPointF(*SIZE) / 2
    _mouse(view, QMouseEvent.Type.MouseButtonPress, at)

    def step(number: int) -> None:
        across = STEP * abs(TURN - number % (2 * TURN))
        _mouse(view, QMouseEvent.Type.MouseMove, at + QPointF(across, across / 3))

    return step


def _mouse(view: ScatterView, kind: QMouseEvent.Type, at: QPointF) -> None:
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, at, QPointF(view.mapToGlobal(at)), button, button, keys)
    QApplication.sendEvent(view, event)


def move_plain(plain: Plain) -> Callable[[int], None]:
    def step(number: int) -> None:
        across = STEP * abs(TURN - number % (2 * TURN))
        plain.corner = QPoint(across, across // 3)

    return step


def mark(points: NDArray[np.float32], frames: Sequence[Pixels]) -> Callable[[int], LiveMark]:
    """Return the present frame's mark, tick by tick, on its way through a map."""
    neighbours, trail, _ = MARK
    way = np.cumsum(np.random.default_rng(1).normal(0, 0.02, (400, 2)), 0).clip(-0.6, 0.6)

    def made(number: int) -> LiveMark:
        at = trail + number % (len(way) - trail)
        point = way[at].tolist()
        nearest = np.argsort(((points - way[at]) ** 2).sum(1))[:neighbours]
        places = tuple(nearest.tolist())
        return LiveMark(
            (point[0], point[1]), False, places, way[at - trail : at], frames[number % 2]
        )

    return made


def measure(app: QApplication, seconds: float, pictures: Pixels) -> Iterator[dict[str, object]]:
    """Yield what a map gives, measure by measure."""
    meter = Meter(app, seconds)
    points, colours = clusters(THUMBNAILS)
    pictures = pictures[np.arange(THUMBNAILS) % len(pictures)]
    view = _map_of(meter, points, colours)
    sprites = Sprites(THUMBNAILS)
    sprites.put(np.arange(THUMBNAILS), pictures)
    view.set_sprites(sprites)
    plain = plain_thumbnails(points, colours, pictures)
    yield _pan(meter, view, plain, "pan, 10,000 thumbnails", 30)
    yield _live(meter, view, points)
    view.set_points(grid(THUMBNAILS))
    yield _pan(meter, view, plain, "pan, 10,000 thumbnails in a grid", 30)
    plain.close()
    view.close()
    points, colours = clusters(POINTS)
    view, plain = _map_of(meter, points, colours), plain_points(points, colours)
    yield _pan(meter, view, plain, "pan, 1,000,000 points", 15)
    yield _zoom(meter, view, "zoom, 1,000,000 points")


def _map_of(meter: Meter, points: NDArray[np.float32], colours: Pixels) -> ScatterView:
    view = ScatterView()
    view.set_points(points)
    view.set_colours(colours)
    meter.show(view)
    return view


def _pan(
    meter: Meter, view: ScatterView, plain: Plain, what: str, wanted: int
) -> dict[str, object]:
    ours = meter.rate(view, drag(view))
    _mouse(view, QMouseEvent.Type.MouseButtonRelease, QPointF(*SIZE) / 2)
    meter.show(plain)
    bare = meter.rate(plain, move_plain(plain))
    plain.hide()
    return {"what": what, "ours": ours, "bare": bare, "unit": "1/s", "wanted": f">= {wanted}"}


def _zoom(meter: Meter, view: ScatterView, what: str) -> dict[str, object]:
    """Nothing of a picture is that of the one before: so it has no plain way beside it."""
    ours = meter.rate(view, lambda number: view.zoom(1.25 if number % 8 < 4 else 0.8))
    view.fit()
    return {"what": what, "ours": ours, "bare": None, "unit": "1/s", "wanted": ""}


def _live(meter: Meter, view: ScatterView, points: NDArray[np.float32]) -> dict[str, object]:
    rng = np.random.default_rng(2)
    frames = [rng.integers(0, 255, (*MARK[2], 3)).astype(np.uint8) for _ in range(2)]
    made = [mark(points, frames)(number) for number in range(60)]

    def step(number: int) -> None:
        view.set_live(made[number % len(made)])

    def anew(number: int) -> None:
        step(number)
        view.draw_anew()

    view.fit()
    ours, bare = meter.cpu_ms(step), meter.cpu_ms(anew)
    view.set_live(None)
    return {"what": "a new live frame", "ours": ours, "bare": bare, "unit": "ms", "wanted": "<= 2"}


def main(words: Sequence[str]) -> int:
    seconds, file = float(words[0]), Path(words[1])
    pictures = np.load(file) if file.name else np.zeros((1, SIDE, SIDE, 3), np.uint8)
    app = QApplication(["deepvis"])
    apply_theme(app, DARK)
    for found in measure(app, seconds, pictures):
        print(json.dumps(found), flush=True)  # noqa: T201 - read by who has started this
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
