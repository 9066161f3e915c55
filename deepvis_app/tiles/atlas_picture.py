"""An atlas as one picture: its cells' pictures at their places, larger where there are more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepvis_app.tiles.contact import shortened
from deepvis_app.tiles.pictures import fit_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

MARGIN_PX, GAP_PX = 24, 2
HEAD_PX, FONT_PX = 40, 18
BACKGROUND, INK = (24, 24, 24), (208, 208, 208)
LEAST_SHARE = 0.4  # of a cell's side that its picture has at least


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A cell: where it is, of how many pictures, and what it looks like (H, W, 3)."""

    row: int
    column: int
    count: int
    picture: Picture


def cell_shares(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what of a cell's side its picture has, (K,): 1 for the fullest.

    Areas grow as the root of the counts, so that the fullest cells do not make all others dots.
    """
    most = max(max(counts, default=1), 1)
    return np.maximum((np.asarray(counts, np.float64) / most) ** 0.25, LEAST_SHARE)


def atlas_picture(
    tiles: Sequence[Tile], rows: int, columns: int, ends: tuple[str, str] | None = None
) -> Picture:
    """Draw an atlas of so many rows and columns, uint8 RGB (height, width, 3).

    Cells are as large as the largest picture. `ends` are words over its left and its right end.
    """
    side = max((max(tile.picture.shape[:2]) for tile in tiles), default=1)
    pitch = side + GAP_PX
    head = HEAD_PX if ends else 0
    size = 2 * MARGIN_PX + rows * pitch + head, 2 * MARGIN_PX + columns * pitch
    sheet = np.full((*size, 3), BACKGROUND, np.uint8)
    for tile, share in zip(tiles, cell_shares([tile.count for tile in tiles]), strict=True):
        px = max(round(side * float(share)), 1)
        fitted = fit_picture(tile.picture, (px, px))
        height, width = fitted.shape[:2]
        top = MARGIN_PX + head + tile.row * pitch + (pitch - height) // 2
        left = MARGIN_PX + tile.column * pitch + (pitch - width) // 2
        sheet[top : top + height, left : left + width] = fitted
    return sheet if ends is None else _with_ends(sheet, ends)


def _with_ends(sheet: Picture, ends: tuple[str, str]) -> Picture:
    image = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(FONT_PX)
    half = image.width / 2 - 2 * MARGIN_PX
    left, right = (shortened(words, half, font) for words in ends)
    draw.text((MARGIN_PX, MARGIN_PX), left, INK, font)
    draw.text((image.width - MARGIN_PX - font.getlength(right), MARGIN_PX), right, INK, font)
    return np.array(image)
