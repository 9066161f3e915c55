"""Contact sheets: finished pictures side by side, with a line of words under each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepvis_app.tiles.pictures import fit_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GAP_PX = 4
LABEL_PX = 16  # height of a line of words
FONT_PX = 11
BACKGROUND, INK = 24, 208  # grey levels


def contact_sheet(
    pictures: Sequence[NDArray[np.uint8]], columns: int, labels: Sequence[str] | None = None
) -> NDArray[np.uint8]:
    """Lay pictures, uint8 (H, W, 3), out row by row on a dark ground: uint8 (height, width, 3).

    Every tile is as large as the largest picture; smaller ones are enlarged, keep their shape and
    stand centred. Labels, one a picture, are shortened to a tile's width.
    """
    if not pictures or columns < 1 or (labels is not None and len(labels) != len(pictures)):
        raise ValueError("a sheet needs pictures, a column, and no label or one a picture")
    tile = max(p.shape[0] for p in pictures), max(p.shape[1] for p in pictures)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    pitch = tile[0] + (LABEL_PX if labels else 0) + GAP_PX, tile[1] + GAP_PX
    sheet = np.full((rows * pitch[0] + GAP_PX, columns * pitch[1] + GAP_PX, 3), BACKGROUND, "u1")
    corners = [
        (GAP_PX + index // columns * pitch[0], GAP_PX + index % columns * pitch[1])
        for index in range(len(pictures))
    ]
    for picture, (top, left) in zip(pictures, corners, strict=True):
        fitted = fit_picture(picture, tile)
        height, width = fitted.shape[:2]
        top, left = top + (tile[0] - height) // 2, left + (tile[1] - width) // 2
        sheet[top : top + height, left : left + width] = fitted
    if labels is None:
        return sheet
    places = [(left, top + tile[0] + 1) for top, left in corners]
    return _labelled(sheet, labels, places, tile[1])


def _labelled(
    sheet: NDArray[np.uint8], labels: Sequence[str], places: Sequence[tuple[int, int]], width: int
) -> NDArray[np.uint8]:
    image = Image.fromarray(sheet)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(FONT_PX)
    for label, place in zip(labels, places, strict=True):
        draw.text(place, shortened(label, width, font), (INK, INK, INK), font)
    return np.array(image)


def shortened(label: str, width: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return a label that is at most so many pixels wide, with … for what had to go."""
    if font.getlength(label) <= width:
        return label
    while label and font.getlength(f"{label}…") > width:
        label = label[:-1]
    return f"{label}…" if label else ""
