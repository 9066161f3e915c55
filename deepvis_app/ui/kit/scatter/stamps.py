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

from deepvis_app.ui.kit.pixels import memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Colours = NDArray[np.uint8]  # (n, 3), RGB
    Ints = NDArray[np.int32]

COLUMNS = 32  # of a sheet
RADIUS = 3.0  # of a frame's corners, logical pixels
FIELDS = 10  # doubles of a fragment: x, y, source (4), scale (2), rotation, opacity
RIM = 0.55  # how dark it is around a dot


class Sheet(NamedTuple):
    """Squares of one side in rows of `COLUMNS`."""

    pixmap: QPixmap
    side: int


def dot_sheet(colours: Colours, diameter: int, rim: int, ground: tuple[int, int, int]) -> Sheet:
    """Return a dot in each colour, with a rim in that of the ground: so that dots stay apart."""
    side = diameter + 2 * rim
    disc, whole = _disc(side, diameter / 2), _disc(side, diameter / 2 + rim) * np.float32(RIM)
    alpha = disc + whole * (1 - disc)
    squares = np.empty((len(colours), side, side, 4), np.float32)
    squares[..., :3] = colours[:, None, None, ::-1] * disc[..., None]
    squares[..., :3] += (whole * (1 - disc))[..., None] * np.array(ground[::-1], np.float32)
    squares[..., 3] = alpha * 255
    return _sheet(np.rint(squares).astype(np.uint8))


def plate_sheet(pictures: Colours, colours: Colours, frame: int, radius: float) -> Sheet:
    """Return pictures (k, s, s, 3), each in a frame of its colour (k, 3), `frame` pixels wide."""
    count, inner = pictures.shape[:2]
    side = inner + 2 * frame
    squares = np.empty((count, side, side, 4), np.uint8)
    squares[..., :3] = colours[:, None, None, ::-1]
    squares[..., 3] = 255
    squares[:, frame : side - frame, frame : side - frame, :3] = pictures[..., ::-1]
    if radius > 0:
        reach = ceil(radius)
        for rows in (slice(reach), slice(side - reach, side)):
            for columns in (slice(reach), slice(side - reach, side)):
                cover = _rounded(side, radius)[rows, columns, None]
                part = squares[:, rows, columns]
                squares[:, rows, columns] = np.rint(part * cover)
    return _sheet(squares)


def draw(
    painter: QPainter,
    sheet: Sheet,
    x: Ints,
    y: Ints,
    which: NDArray[np.integer],
    *,
    opacity: NDArray[np.floating] | float = 1.0,
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
    fields[:, 8], fields[:, 9] = 0.0, opacity
    painter.drawPixmapFragments(lent, sheet.pixmap)


def _fragments(count: int) -> sip.array[QPainter.PixmapFragment | None]:
    made: sip.array[QPainter.PixmapFragment | None] = sip.array(QPainter.PixmapFragment, count)  # type: ignore[call-arg]
    return made


def _sheet(squares: NDArray[np.uint8]) -> Sheet:
    """Lay squares (k, side, side, 4), premultiplied B, G, R and A, out in rows."""
    count, side = squares.shape[:2]
    rows = max(-(-count // COLUMNS), 1)
    image = QImage(COLUMNS * side, rows * side, QImage.Format.Format_ARGB32_Premultiplied)
    cells = memory(image).reshape(rows, side, COLUMNS, side, 4)
    for row in range(rows):
        here = squares[row * COLUMNS : (row + 1) * COLUMNS]
        cells[row, :, : len(here)] = here.transpose(1, 0, 2, 3)
    return Sheet(QPixmap.fromImage(image), side)


@lru_cache(maxsize=16)
def _disc(side: int, radius: float) -> NDArray[np.float32]:
    """Return how much of each pixel of a square a disc in its middle covers."""
    away = np.arange(side) + 0.5 - side / 2
    return _cover(radius, away)


@lru_cache(maxsize=16)
def _rounded(side: int, radius: float) -> NDArray[np.float32]:
    """Return how much of each pixel of a square with rounded corners is covered."""
    out = np.maximum(np.abs(np.arange(side) + 0.5 - side / 2) - (side / 2 - radius), 0)
    return _cover(radius, out)


def _cover(radius: float, away: NDArray[np.floating]) -> NDArray[np.float32]:
    cover: NDArray[np.float32] = np.clip(radius + 0.5 - np.hypot(away[:, None], away), 0, 1).astype(
        np.float32
    )
    return cover
