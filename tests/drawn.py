"""Pictures that a test draws: a few classes of coloured shapes, with chance in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 96


def picture(kind: int, number: int) -> NDArray[np.uint8]:
    """Return a picture (96, 96, 3) of a class."""
    chance = np.random.default_rng(100 * kind + number)
    found = chance.integers(0, 80, (SIDE, SIDE, 3), np.uint8)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    top, left = chance.integers(16, 64, 2)
    size, shade = int(chance.integers(10, 30)), int(chance.integers(120, 255))
    shapes = (
        (rows - top) ** 2 + (columns - left) ** 2 < size**2,
        (abs(rows - top) < size) & (abs(columns - left) < size),
        (rows + columns) % size < size // 2,
        rows % size < size // 2,
        columns % size < size // 2,
        abs(rows - top) < size // 3,
    )
    found[np.broadcast_to(shapes[kind % 6], (SIDE, SIDE)), kind % 3] = shade
    return found


def draw(folder: Path, classes: int = 6, each: int = 6) -> Path:
    """Write pictures into a folder, one below it for each class; return it."""
    for kind in range(classes):
        below = folder / f"kind_{kind}" if classes > 1 else folder
        below.mkdir(parents=True, exist_ok=True)
        for number in range(each):
            Image.fromarray(picture(kind, number)).save(below / f"shape_{kind}_{number}.png")
    return folder
