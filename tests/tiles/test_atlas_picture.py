"""An atlas drawn: where cells are, how large, and what stands over their ends."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.tiles.atlas_picture import (
    BACKGROUND,
    GAP_PX,
    HEAD_PX,
    LEAST_SHARE,
    MARGIN_PX,
    Tile,
    atlas_picture,
    cell_shares,
)

SIDE = 32


def tile(row: int, column: int, count: int, shade: int) -> Tile:
    return Tile(row, column, count, np.full((SIDE, SIDE, 3), shade, np.uint8))


def test_areas_grow_as_the_root_of_the_counts() -> None:
    np.testing.assert_allclose(cell_shares([16, 1, 81]) ** 4, [16 / 81, LEAST_SHARE**4, 1])
    assert cell_shares([]).shape == (0,)


def test_cells_stand_at_their_places_larger_where_there_are_more() -> None:
    sheet = atlas_picture([tile(0, 1, 16, 200), tile(2, 0, 1, 100)], rows=3, columns=2)
    pitch = SIDE + GAP_PX
    assert sheet.shape == (2 * MARGIN_PX + 3 * pitch, 2 * MARGIN_PX + 2 * pitch, 3)
    full, small = (np.argwhere((sheet == shade).all(2)) for shade in (200, 100))
    assert len(full) == SIDE**2
    assert len(small) == (SIDE // 2) ** 2  # the fourth root of a sixteenth
    for found, (row, column) in ((full, (0, 1)), (small, (2, 0))):
        middle = (found.min(0) + found.max(0) + 1) / 2
        wanted = MARGIN_PX + (np.array([row, column]) + 0.5) * pitch
        assert middle == pytest.approx(wanted, abs=1)
    others = ~((sheet == 200) | (sheet == 100)).all(2)
    assert (sheet[others] == BACKGROUND).all()


def test_words_stand_over_both_ends() -> None:
    bare = atlas_picture([tile(0, column, 1, 90) for column in range(9)], 1, 9)
    told = atlas_picture([tile(0, column, 1, 90) for column in range(9)], 1, 9, ("cat", "x" * 99))
    assert told.shape[0] == bare.shape[0] + HEAD_PX
    np.testing.assert_array_equal(told[MARGIN_PX + HEAD_PX :], bare[MARGIN_PX:])
    head = (told[: MARGIN_PX + HEAD_PX] != BACKGROUND).any((0, 2))
    written = np.flatnonzero(head)
    middle = bare.shape[1] / 2
    assert MARGIN_PX <= written[0] < MARGIN_PX + 4
    assert written[-1] < bare.shape[1] - MARGIN_PX
    assert not head[int(middle) - 10 : int(middle) + 10].any()  # a long name is shortened
