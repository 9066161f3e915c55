"""Contact sheets: what lies where, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deepvis_app.tiles.contact import BACKGROUND, GAP_PX, LABEL_PX, contact_sheet


def noise(seed: int, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def test_pictures_lie_row_by_row_on_the_ground() -> None:
    pictures = [noise(seed) for seed in range(5)]
    sheet = contact_sheet(pictures, 3)
    assert sheet.shape == (2 * (20 + GAP_PX) + GAP_PX, 3 * (30 + GAP_PX) + GAP_PX, 3)
    ground = sheet.copy()
    for index, picture in enumerate(pictures):
        top = GAP_PX + index // 3 * (20 + GAP_PX)
        left = GAP_PX + index % 3 * (30 + GAP_PX)
        assert_array_equal(sheet[top : top + 20, left : left + 30], picture)
        ground[top : top + 20, left : left + 30] = BACKGROUND
    assert (ground == BACKGROUND).all()


def test_a_smaller_picture_is_enlarged_and_centred() -> None:
    small = np.full((5, 10, 3), 200, np.uint8)
    sheet = contact_sheet([noise(0), small], 2)
    part = sheet[GAP_PX : GAP_PX + 20, 2 * GAP_PX + 30 : 2 * GAP_PX + 60]
    assert (part[2:17] == 200).all()  # 3 times as large: 15 x 30 of 20 x 30
    assert (part[:2] == BACKGROUND).all()
    assert (part[18:] == BACKGROUND).all()


def test_labels_stand_below_their_pictures_within_their_width() -> None:
    pictures = [noise(0), noise(1)]
    sheet = contact_sheet(pictures, 2, ["a very long label that does not fit", ""])
    assert sheet.shape[0] == 20 + LABEL_PX + 2 * GAP_PX
    assert_array_equal(sheet[GAP_PX : GAP_PX + 20, GAP_PX : GAP_PX + 30], pictures[0])
    below = sheet[GAP_PX + 20 :] != BACKGROUND
    assert below[:, GAP_PX : GAP_PX + 30].any()
    assert not below[:, GAP_PX + 31 :].any()  # neither beyond its tile nor under the second


def test_fewer_pictures_than_columns_take_no_more_room() -> None:
    assert contact_sheet([noise(0)], 9).shape == (20 + 2 * GAP_PX, 30 + 2 * GAP_PX, 3)


@pytest.mark.parametrize(
    ("count", "columns", "labels"), [(0, 1, None), (1, 0, None), (2, 2, ["one"])]
)
def test_what_is_no_sheet_is_refused(count: int, columns: int, labels: list[str] | None) -> None:
    with pytest.raises(ValueError, match="sheet"):
        contact_sheet([noise(seed) for seed in range(count)], columns, labels)
