"""A map of pictures as one picture: thumbnails where there is room, dots elsewhere."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepvis_app.tiles.pictures import fit_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

SIZE_PX = 1600  # of the map, each way
MARGIN_PX = 32
THUMB_PX, RIM_PX = 40, 2
DOT_PX = 4  # a dot's radius
LEGEND_PX, LINE_PX, FONT_PX = 260, 26, 16
BACKGROUND, INK, UNCLASSED = (24, 24, 24), (208, 208, 208), (140, 140, 140)
SHADES = (
    (0.65, 0.95),
    (0.4, 1.0),
    (0.85, 0.7),
    (0.25, 0.85),
    (0.95, 1.0),
)  # saturation and value, in turn
HUE_STEP = 0.61803398875  # the golden section: neighbours in number are far apart in hue


def class_colours(count: int) -> NDArray[np.uint8]:
    """Return a colour for each of so many classes, RGB (count, 3)."""
    colours = [
        colorsys.hsv_to_rgb(number * HUE_STEP % 1, *SHADES[number % len(SHADES)])
        for number in range(count)
    ]
    return np.round(np.array(colours).reshape(-1, 3) * 255).astype(np.uint8)


def map_picture(
    points: NDArray[np.floating],
    labels: NDArray[np.int64],
    classes: Sequence[str],
    read: Callable[[int], NDArray[np.uint8] | None],
) -> NDArray[np.uint8]:
    """Draw a map, uint8 RGB (height, width, 3), with the names of the classes beside it.

    `points` (N, 2) are around 0, y upwards; `labels` (N,) index into `classes`, -1: none.
    The first ones in order that overlap no other become thumbnails: `read(n)` gives picture n,
    None where there is none. All others are dots in the colour of their class.
    """
    colours = np.vstack([class_colours(len(classes)), [UNCLASSED]]).astype(np.uint8)[labels]
    reach = (SIZE_PX / 2 - MARGIN_PX) / max(float(np.abs(points).max()), 1e-30)
    places = np.round(SIZE_PX / 2 + reach * points * (1, -1)).astype(int)  # (x right, y down)
    sheet = np.full((SIZE_PX, SIZE_PX, 3), BACKGROUND, np.uint8)
    rest = set(range(len(points)))
    for index in apart(places, THUMB_PX + 2 * RIM_PX + 2):
        picture = read(index)
        if picture is not None:
            _paste(sheet, picture, places[index], colours[index])
            rest.discard(index)
    for index in sorted(rest):
        _dot(sheet, places[index], DOT_PX + 1, BACKGROUND)
        _dot(sheet, places[index], DOT_PX, colours[index])
    return np.hstack([sheet, _legend(labels, classes)]) if (labels >= 0).any() else sheet


def apart(places: NDArray[np.int64], distance: int) -> list[int]:
    """Return those of places (N, 2) around which squares of that side overlap no earlier one's."""
    cells: dict[tuple[int, int], list[int]] = {}
    found = []
    for index, (x, y) in enumerate(places.tolist()):
        column, row = x // distance, y // distance
        near = (
            other
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            for other in cells.get((column + i, row + j), ())
        )
        if all(np.abs(places[other] - (x, y)).max() >= distance for other in near):
            cells.setdefault((column, row), []).append(index)
            found.append(index)
    return found


def _dot(
    sheet: NDArray[np.uint8],
    place: NDArray[np.int64],
    radius: int,
    colour: NDArray[np.uint8] | tuple[int, int, int],
) -> None:
    across = np.arange(-radius, radius + 1)
    away = np.hypot(across[:, None], across)
    cover = np.clip(radius + 0.5 - away, 0, 1)[..., None]
    left, top = int(place[0]) - radius, int(place[1]) - radius
    part = sheet[top : top + len(across), left : left + len(across)]
    part[:] = np.round(part * (1 - cover) + np.asarray(colour) * cover)


def _paste(
    sheet: NDArray[np.uint8],
    picture: NDArray[np.uint8],
    place: NDArray[np.int64],
    colour: NDArray[np.uint8],
) -> None:
    fitted = fit_picture(picture, (THUMB_PX, THUMB_PX))
    framed = np.empty((fitted.shape[0] + 2 * RIM_PX, fitted.shape[1] + 2 * RIM_PX, 3), np.uint8)
    framed[:] = colour
    framed[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX] = fitted
    left, top = int(place[0]) - framed.shape[1] // 2, int(place[1]) - framed.shape[0] // 2
    sheet[top : top + framed.shape[0], left : left + framed.shape[1]] = framed


def _legend(labels: NDArray[np.int64], classes: Sequence[str]) -> NDArray[np.uint8]:
    """Name the classes, the most frequent first, as many as there is room for."""
    counts = np.bincount(labels[labels >= 0], minlength=len(classes))
    order = [n for n in np.argsort(-counts, kind="stable").tolist() if counts[n]]
    room = (SIZE_PX - 2 * MARGIN_PX) // LINE_PX - 1  # the last line tells of the rest
    shown = order[:room]
    image = Image.new("RGB", (LEGEND_PX, SIZE_PX), BACKGROUND)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(FONT_PX)
    colours = class_colours(len(classes))
    for line, number in enumerate(shown):
        top = MARGIN_PX + line * LINE_PX
        draw.ellipse((0, top + 4, 11, top + 15), tuple(colours[number].tolist()))
        draw.text((20, top), f"{classes[number]}  {counts[number]}", INK, font)
    top = MARGIN_PX + len(shown) * LINE_PX
    if len(shown) < len(order):
        draw.text((20, top), f"and {len(order) - len(shown)} more classes", INK, font)
    elif (labels < 0).any():
        draw.ellipse((0, top + 4, 11, top + 15), UNCLASSED)
        draw.text((20, top), f"of none of these  {int((labels < 0).sum())}", INK, font)
    return np.asarray(image)
