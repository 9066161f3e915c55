"""Dots and framed thumbnails as pieces of one picture, and many of them drawn in one go.

Qt copies pieces of a pixmap from a list in memory, which numpy fills: ten thousand take a few
milliseconds, and their list half of one.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PyQt6 import sip
from PyQt6.QtGui import QImage, QPainter, QPixmap

from deepvis_app.frames.cv import cv2
from deepvis_app.ui.kit.pixels import memory
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Colours = NDArray[np.uint8]  # (n, 3), RGB
    Ints = NDArray[np.int32]
    Pixels = NDArray[np.uint32]  # 0xAARRGGBB, premultiplied

COLUMNS = 32  # of a sheet
RADIUS = 3.0  # of a frame's corners, logical pixels
FIELDS = 10  # doubles of a fragment: x, y, source (4), scale (2), rotation, opacity
RIM = 0.55  # how dark it is around a dot
DIMMED = 0.5  # how much is seen of what is not selected, while something is
OPAQUE = np.uint32(0xFF000000)


class Sheet(NamedTuple):
    """Squares of one side in rows of `COLUMNS`."""

    pixmap: QPixmap
    side: int


def rgb_of(name: str) -> tuple[int, int, int]:
    """Return a colour of the theme by its name."""
    shade = colour(name)
    return shade.red(), shade.green(), shade.blue()


def dimmed(levels: NDArray[np.uint8], which: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return colours (n, …, 3), RGB, of which some (n,) are nearer to the map's ground."""
    if not which.any():
        return levels
    found = levels.copy()
    ground = np.array(rgb_of("background"), np.float32) * np.float32(1 - DIMMED)
    found[which] = np.rint(levels[which] * np.float32(DIMMED) + ground)
    return found


def packed(rgb: Colours) -> Pixels:
    """Return colours (n, 3) as pixels (n,), opaque."""
    wide = rgb.astype(np.uint32)
    return np.asarray(OPAQUE | wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2], np.uint32)


def unpacked(pixels: Pixels) -> Colours:
    """Return the colours (n, 3) of opaque pixels (n,)."""
    levels = np.ascontiguousarray(pixels).view(np.uint8).reshape(-1, 4)
    return np.ascontiguousarray(levels[:, 2::-1])


def dot_sheet(pixels: Pixels, diameter: int, rim: int) -> Sheet:
    """Return a dot in each colour, with a rim in that of the ground: so that dots stay apart."""
    side = diameter + 2 * rim
    disc, whole = _disc(side, diameter / 2), _disc(side, diameter / 2 + rim) * np.float32(RIM)
    around = whole * (1 - disc)
    squares = np.empty((len(pixels), side, side, 4), np.float32)
    for channel, level in enumerate(reversed(rgb_of("background"))):
        own = (pixels >> (8 * channel) & 255).astype(np.float32)
        squares[..., channel] = own[:, None, None] * disc + around * np.float32(level)
    squares[..., 3] = (disc + around) * 255
    return _sheet(np.rint(squares).astype(np.uint8).view(np.uint32)[..., 0])


def plate_sheet(pictures: Colours, pixels: Pixels, frame: int, radius: float) -> Sheet:
    """Return pictures (k, s, s, 3), each in a frame of its colour (k,), `frame` pixels wide."""
    count, inner = pictures.shape[:2]
    side = inner + 2 * frame
    squares = np.empty((count, side, side), np.uint32)
    squares[:] = pixels[:, None, None]
    if count:
        opaque = cv2.cvtColor(pictures.reshape(-1, inner, 3), cv2.COLOR_RGB2BGRA)
        whole = np.asarray(opaque).view(np.uint32).reshape(count, inner, inner)
        squares[:, frame : side - frame, frame : side - frame] = whole
    if radius > 0:
        _round(squares, radius)
    return _sheet(squares)


def plate(picture: Colours, radius: float) -> QPixmap:
    """Return a square picture (s, s, 3) with round corners."""
    side = len(picture)
    opaque = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGRA)
    squares = np.asarray(opaque).view(np.uint32).reshape(1, side, side)
    if radius > 0:
        _round(squares, radius)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    memory(image).view(np.uint32).reshape(side, side)[:] = squares[0]
    return QPixmap.fromImage(image)


def draw(
    painter: QPainter,
    sheet: Sheet,
    x: Ints,
    y: Ints,
    which: NDArray[np.integer],
    scale: NDArray[np.floating] | float = 1.0,
) -> None:
    """Draw squares `which` (k,) of a sheet around points (k,), (k,), the last one on top."""
    count = len(x)
    if not count:
        return
    lent = _fragments(count)
    fields = np.frombuffer(lent, np.float64).reshape(count, FIELDS)  # type: ignore[call-overload]
    half = sheet.side % 2 / 2  # of an odd side the middle lies in a pixel, not between two
    row, column = np.divmod(which, COLUMNS)
    fields[:, 0], fields[:, 1] = x + half, y + half
    fields[:, 2], fields[:, 3] = column * sheet.side, row * sheet.side
    fields[:, 4:6] = sheet.side
    fields[:, 6] = fields[:, 7] = scale
    fields[:, 8], fields[:, 9] = 0.0, 1.0  # rotation, opacity
    painter.drawPixmapFragments(lent, sheet.pixmap)


def _fragments(count: int) -> sip.array[QPainter.PixmapFragment | None]:
    made: sip.array[QPainter.PixmapFragment | None]
    made = sip.array(QPainter.PixmapFragment, count)  # type: ignore[call-arg]
    return made


def _sheet(squares: Pixels) -> Sheet:
    """Lay squares (k, side, side) out in rows."""
    count, side = squares.shape[:2]
    rows = max(-(-count // COLUMNS), 1)
    image = QImage(COLUMNS * side, rows * side, QImage.Format.Format_ARGB32_Premultiplied)
    cells = memory(image).view(np.uint32).reshape(rows, side, COLUMNS, side)
    for row in range(rows):
        here = squares[row * COLUMNS : (row + 1) * COLUMNS]
        cells[row, :, : len(here)] = here.transpose(1, 0, 2)
    return Sheet(QPixmap.fromImage(image), side)


def _round(squares: Pixels, radius: float) -> None:
    """Round the corners of opaque squares (k, side, side)."""
    side, reach = squares.shape[1], ceil(radius)
    cover = _rounded(side, radius)
    levels = squares.view(np.uint8).reshape(*squares.shape, 4)
    for rows in (slice(reach), slice(side - reach, side)):
        for columns in (slice(reach), slice(side - reach, side)):
            part = levels[:, rows, columns]
            levels[:, rows, columns] = np.rint(part * cover[rows, columns, None])


@lru_cache(maxsize=16)
def _disc(side: int, radius: float) -> NDArray[np.float32]:
    """Return how much of each pixel of a square a disc in its middle covers."""
    return _covered(radius, np.arange(side) + 0.5 - side / 2)


@lru_cache(maxsize=16)
def _rounded(side: int, radius: float) -> NDArray[np.float32]:
    """Return how much of each pixel of a square with rounded corners is covered."""
    return _covered(
        radius, np.maximum(np.abs(np.arange(side) + 0.5 - side / 2) - (side / 2 - radius), 0)
    )


def _covered(radius: float, away: NDArray[np.floating]) -> NDArray[np.float32]:
    share = np.clip(radius + 0.5 - np.hypot(away[:, None], away), 0, 1)
    return np.asarray(share, np.float32)
