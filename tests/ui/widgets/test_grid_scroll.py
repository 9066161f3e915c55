from __future__ import annotations

import pytest

from deepvis_app.tiles.geometry import Tiling
from deepvis_app.ui.panels.grid.grid_scroll import GridScroll


def made(tiling: Tiling, height: int) -> GridScroll:
    scroll = GridScroll()
    scroll.set_view_height(height)
    scroll.set_tiling(tiling, None)
    return scroll


def test_nothing_to_scroll_when_all_fits() -> None:
    scroll = made(Tiling(columns=4, count=8, tile_px=(9, 9)), height=50)  # 2 rows: 19 px
    assert scroll.limit == 0
    assert not scroll.scroll_to(10)
    assert scroll.visible(1) == (0, 8)


def test_limit_and_visible_rows() -> None:
    scroll = made(Tiling(columns=3, count=29, tile_px=(9, 9)), height=30)  # 10 rows: 99 px
    assert scroll.limit == 69
    assert scroll.visible(0) == (0, 9)  # rows 0..2
    assert scroll.scroll_to(25)  # pixels 25..54: rows 2..5
    assert scroll.visible(0) == (6, 12)
    assert scroll.visible(1) == (3, 18)
    assert scroll.scroll_to(1000)
    assert scroll.offset == 69
    assert scroll.visible(0) == (18, 11)  # rows 6..9; the last one is short


@pytest.mark.parametrize("place", range(29))
def test_reveal_scrolls_as_little_as_shows_the_row(place: int) -> None:
    for start in range(70):
        scroll = made(Tiling(columns=3, count=29, tile_px=(9, 9)), height=30)
        scroll.scroll_to(start)
        scroll.reveal(place)
        top = place // 3 * 10 - scroll.offset
        assert 0 <= top <= 30 - 9
        if scroll.offset != start:
            assert top in (0, 21)


def test_zoom_keeps_the_anchor_under_the_cursor() -> None:
    scroll = made(Tiling(columns=10, count=1000, tile_px=(20, 20)), height=300)
    scroll.scroll_to(900)
    y = 130.0
    row = (900 + y) / 21
    place, fraction = int(row) * 10 + 4, row - int(row)
    scroll.set_tiling(Tiling(columns=5, count=1000, tile_px=(40, 40)), (place, fraction, y))
    found = (place // 5 + fraction) * 41 - scroll.offset
    assert found == pytest.approx(y, abs=1)


def test_without_anchor_the_first_place_stays() -> None:
    scroll = made(Tiling(columns=10, count=1000, tile_px=(20, 20)), height=300)
    scroll.scroll_to(21 * 40)  # place 400 on top
    scroll.set_tiling(Tiling(columns=20, count=1000, tile_px=(10, 10)), None)
    assert scroll.visible(0)[0] == pytest.approx(400, abs=20)


def test_a_taller_view_ends_at_the_last_row() -> None:
    scroll = made(Tiling(columns=1, count=10, tile_px=(9, 9)), height=30)
    scroll.scroll_to(69)
    scroll.set_view_height(60)
    assert scroll.offset == 39
