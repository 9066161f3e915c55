"""What is no number, in a picture: hatched, so that it is not taken for a shade.

Crossed hatching is NaN, rising strokes are ∞, falling ones −∞: told apart without colours.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from deepvis_app.tiles import BACKGROUND
from deepvis_app.tiles.marks import MINUS, NAN, PLUS, WORDS, counts
from deepvis_app.ui.kit.pixels import indexed_image
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.tiles import Mosaic

PERIOD, STROKE = 6, 1  # pixels of the screen, along a row
GROUND = 0.2  # how much of the ink is between the strokes
PILL = QSize(12, 6)  # room around a word


def mosaic_image(
    mosaic: Mosaic, palette: NDArray[np.uint8], background: QColor, ratio: float = 1.0
) -> QImage:
    """Return a mosaic as an RGB32 image, hatched where it has no numbers.

    A tile without any says what it has instead, where there is room. `ratio`: pixels of the screen
    per logical one.
    """
    image = indexed_image(mosaic.pixels, palette, background)
    if mosaic.marks is not None:
        painter = QPainter(image)
        painter.drawImage(0, 0, hatched(mosaic.marks, ratio))
        _paint_words(painter, mosaic, mosaic.marks, ratio)
        painter.end()
    return image


def hatched(marks: NDArray[np.uint8], ratio: float = 1.0, *, has_ground: bool = True) -> QImage:
    """Return marks (H, W), one a pixel of the screen, as an image that is clear elsewhere.

    Without a ground it is clear between the strokes, too.
    """
    theme, height, width = active_theme(), *marks.shape
    patterns = _patterns(theme.bad, theme.background, ratio, has_ground)
    side = patterns.shape[1]
    colours = np.zeros((height, width), np.uint32)
    for mark in WORDS:
        if (here := marks == mark).any():
            sheet = np.tile(patterns[mark], (-(-height // side), -(-width // side)))
            np.copyto(colours, sheet[:height, :width], where=here)
    image = QImage(
        colours.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    )
    return image.copy()  # with memory of its own


@lru_cache(maxsize=8)
def _patterns(ink: str, paper: str, ratio: float, has_ground: bool) -> NDArray[np.uint32]:
    """Return a square that repeats for each mark, as 0xAARRGGBB; nothing for 0."""
    period, stroke = round(PERIOD * ratio), round(STROKE * ratio)
    rows, columns = np.ogrid[:period, :period]
    rising, falling = ((rows + sign * columns) % period < stroke for sign in (1, -1))
    stroked = {NAN: rising | falling, PLUS: rising, MINUS: falling}
    strokes, between = QColor(ink), QColor(paper)
    mixed = (
        round(GROUND * a + (1 - GROUND) * b)
        for a, b in zip(strokes.getRgb()[:3], between.getRgb()[:3], strict=True)
    )
    ground = QColor(*mixed).rgb() if has_ground else 0
    patterns = np.zeros((1 + max(stroked), period, period), np.uint32)
    for mark, inked in stroked.items():
        patterns[mark] = np.where(inked, np.uint32(strokes.rgb()), np.uint32(ground))
    return patterns


def enlarged(marks: NDArray[np.uint8], whole: QRectF, shown: QRect) -> NDArray[np.uint8]:
    """Return marks (h, w) that fill `whole` as one for each pixel of `shown`, the nearest."""
    rows = _nearest(marks.shape[0], whole.top(), whole.height(), shown.top(), shown.height())
    columns = _nearest(marks.shape[1], whole.left(), whole.width(), shown.left(), shown.width())
    found: NDArray[np.uint8] = marks[rows[:, None], columns]
    return found


def _nearest(count: int, start: float, length: float, first: int, wanted: int) -> NDArray[np.int64]:
    """Return which of `count` on a length lie under pixels, at their middles."""
    middles = np.arange(wanted) + (first + 0.5 - start)
    places: NDArray[np.int64] = (middles * count / length).astype(np.int64).clip(0, count - 1)
    return places


def _paint_words(painter: QPainter, mosaic: Mosaic, marks: NDArray[np.uint8], ratio: float) -> None:
    kind = font(Size.CAPTION, QFont.Weight.DemiBold)
    kind.setPixelSize(round(kind.pixelSize() * ratio))
    metrics = QFontMetricsF(kind)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(kind)
    for tile in range(mosaic.count):
        box = mosaic.tiling.rect(tile)
        part = slice(box.top, box.bottom), slice(box.left, box.right)
        if not marks[part].any() or (mosaic.pixels[part] != BACKGROUND).any():
            continue
        word = ", ".join(counts(marks[part]))
        width = metrics.horizontalAdvance(word) + PILL.width() * ratio
        height = metrics.height() + PILL.height() * ratio
        room = QRectF(box.left, box.top, box.right - box.left, box.bottom - box.top)
        pill = QRectF(0, 0, width, height)
        pill.moveCenter(room.center())
        if room.contains(pill):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("pane"))
            painter.drawRoundedRect(pill, 4 * ratio, 4 * ratio)
            painter.setPen(QColor(active_theme().bad))
            painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), word)
