"""The first convolution's weights as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

BACKGROUND = 24  # grey level between the units


def first_layer_picture(weight: Tensor, *, columns: int = 8, enlarge: int = 8) -> NDArray[np.uint8]:
    """Lay out the weights (C, 3, h, w) of a convolution that sees RGB: uint8 (H, W, 3).

    Every unit has its own contrast: its largest weight in magnitude becomes black or white, zero
    is middle grey. Each weight is `enlarge` pixels wide; 4 pixels lie between units.
    """
    count, _, height, width = weight.shape
    kernels = weight.detach().float().cpu().numpy().transpose(0, 2, 3, 1)
    largest = np.abs(kernels).max((1, 2, 3), keepdims=True)
    levels = 127.5 + 127.5 * kernels / np.where(largest > 0, largest, 1)
    tiles = levels.round().astype(np.uint8).repeat(enlarge, 1).repeat(enlarge, 2)
    gap, rows = 4, -(-count // columns)
    tall, wide = height * enlarge + gap, width * enlarge + gap
    picture = np.full((rows * tall + gap, columns * wide + gap, 3), BACKGROUND, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * tall + gap, index % columns * wide + gap
        picture[top : top + tall - gap, left : left + wide - gap] = tile
    return picture
