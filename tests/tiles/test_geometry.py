from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.nets.layers import Box
from deepvis_app.tiles import Tiling


def test_rects_of_a_small_mosaic_by_hand() -> None:
    tiling = Tiling(columns=3, count=5, tile_px=(4, 6), gap_px=1)
    assert tiling.size == (9, 20)
    assert tiling.rect(0) == Box(0, 0, 4, 6)
    assert tiling.rect(2) == Box(0, 14, 4, 20)
    assert tiling.rect(4) == Box(5, 7, 9, 13)


@pytest.mark.parametrize("gap", [0, 1, 3])
@pytest.mark.parametrize("count", [1, 2, 7, 12])
def test_every_pixel_names_the_tile_whose_rect_holds_it(gap: int, count: int) -> None:
    tiling = Tiling(4, count, (3, 5), gap)
    height, width = tiling.size
    owner = np.full((height + 2, width + 2), -1)
    for index in range(count):
        box = tiling.rect(index)
        owner[box.top : box.bottom, box.left : box.right] = index
    for y in range(height + 2):
        for x in range(width + 2):
            found = tiling.index_at(x, y)
            assert (-1 if found is None else found) == owner[y, x]


def test_outside_is_no_tile() -> None:
    tiling = Tiling(2, 3, (4, 4))
    assert tiling.index_at(-1, 0) is None
    assert tiling.index_at(0, -0.5) is None
    assert tiling.index_at(6, 6) is None  # the empty fourth place
    assert tiling.index_at(2.7, 3.9) == 0


def test_no_tiles_have_no_size() -> None:
    assert Tiling(4, 0, (3, 3)).size == (0, 0)
    assert Tiling(4, 0, (3, 3)).index_at(0, 0) is None
