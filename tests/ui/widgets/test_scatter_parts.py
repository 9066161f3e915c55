"""The arithmetic of a map of pictures, against doing the same one by one."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.ui.kit.scatter.apart import apart
from deepvis_app.ui.kit.scatter.cloud import Cloud, Window
from deepvis_app.ui.kit.scatter.density import Inks, cells_of, counts, density, mean_colours, top_of
from deepvis_app.ui.kit.scatter.lens import Box, Lens
from deepvis_app.ui.kit.scatter.scatter_keys import next_in_direction
from deepvis_app.ui.kit.scatter.sprites import Sprites
from deepvis_app.ui.kit.scatter.stamps import packed, unpacked

INKS = Inks((10, 20, 30), (0, 128, 255), (255, 255, 255))


def spread(count: int, reach: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    points = np.random.default_rng(seed).normal(0, reach, (count, 2)).astype(np.int32)
    return points[:, 0], points[:, 1]


@pytest.mark.parametrize("side", [1, 7, 36, 400])
@pytest.mark.parametrize("count", [0, 1, 2, 700])
def test_squares_are_kept_one_after_another(count: int, side: int) -> None:
    x, y = spread(count, 120)
    kept: list[int] = []
    for square in range(count):
        away = np.maximum(abs(x[kept] - x[square]), abs(y[kept] - y[square]))
        if (away >= side).all():
            kept.append(square)
    assert np.flatnonzero(apart(x, y, side)).tolist() == kept


def test_of_squares_at_one_place_the_first_is_kept() -> None:
    same = np.full(50, 7, np.int32)
    assert np.flatnonzero(apart(same, same, 3)).tolist() == [0]


def test_a_lens_goes_there_and_back() -> None:
    rng = np.random.default_rng(1)
    points, size = rng.uniform(-1, 1, (40, 2)), (752.0, 580.0)
    lens = Lens(0.3, -0.2, 512.0)
    there = lens.to_screen(points, size)
    assert lens.to_map(there, size) == pytest.approx(points)
    x, y = points[0]
    assert there[0].tolist() == pytest.approx([376 + 512 * (x - 0.3), 290 - 512 * (y + 0.2)])


def test_what_is_under_the_pointer_stays_there_and_a_pan_goes_along() -> None:
    size, at = (400.0, 300.0), np.array([[310.0, 40.0]])
    lens = Lens(-0.1, 0.4, 90.0)
    larger = lens.about((310.0, 40.0), size, 900.0)
    assert larger.to_map(at, size) == pytest.approx(lens.to_map(at, size))
    assert lens.moved(10, -20).to_map(at, size) == pytest.approx(
        lens.to_map(at + np.array([10, -20]), size)
    )


@pytest.mark.parametrize(
    "box", [Box(-1, -0.5, 1, 0.75), Box(0.2, -1, 0.25, 1), Box(0.5, 0.5, 0.5, 0.5)]
)
def test_a_whole_map_lies_within_its_margins(box: Box) -> None:
    size = (640.0, 480.0)
    lens = Lens.fitting(box, size, (50.0, 26.0))
    corners = np.array([(box.left, box.top), (box.right, box.bottom)])
    (left, top), (right, low) = lens.to_screen(corners, size)
    assert left >= 50 - 1e-9
    assert top >= 26 - 1e-9
    assert right <= 590 + 1e-9
    assert low <= 454 + 1e-9
    assert (left + right) / 2 == pytest.approx(320)


def test_points_without_a_place_are_never_seen() -> None:
    given = np.array([(0.5, 0.5), (np.nan, 0), (0, np.inf), (-0.5, -0.25)])
    cloud = Cloud(given)
    assert cloud.box == (-0.5, -0.25, 0.5, 0.5)
    everything = Window(-100_000, -100_000, 100_000, 100_000)
    assert cloud.inside(200.0, everything).tolist() == [0, 3]
    x, y = cloud.raster(200.0)
    assert (x[3], y[3]) == (-100, 50)  # rows go downwards
    near = Cloud(np.array([(1, 1), (1.001, 1), (np.nan, 1)]))
    assert near.inside(2e7, Window(19_999_000, -20_000_100, 20_001_000, 100)).tolist() == [0]
    with pytest.raises(ValueError, match=r"\(N, 2\)"):
        Cloud(np.zeros(4))


def test_a_grid_is_known_as_one() -> None:
    rows, columns = np.divmod(np.arange(500), 26)
    grid = np.stack([columns * 0.075 - 1, 0.8 - rows * 0.075], 1)
    assert Cloud(grid).pitch == pytest.approx(0.075, rel=1e-3)
    assert Cloud(np.random.default_rng(0).normal(size=(500, 2))).pitch == 0
    assert Cloud(np.zeros((30, 2))).pitch == 0


def test_every_point_counts_once_in_a_density() -> None:
    x, y = spread(5000, 40)
    window = Window(-30, -50, 70, 20)
    inside = (x >= -30) & (x < 70) & (y >= -50) & (y < 20)
    found = counts(cells_of(x[inside], y[inside], window), window)
    assert found.shape == (70, 100)
    assert found.sum() == inside.sum()
    assert found[50, 30] == ((x == 0) & (y == 0)).sum()


def test_colours_of_a_density_are_the_means_of_its_points() -> None:
    x, y = np.array([3, 3, 3, 9], np.int32), np.array([2, 2, 2, 4], np.int32)
    rgb = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 30), (1, 2, 3)], np.uint8)
    window = Window(0, 0, 10, 5)
    cells = cells_of(x, y, window)
    found = counts(cells, window)
    mixed = mean_colours(cells, packed(rgb), found)
    assert np.argwhere(found).tolist() == [[2, 3], [4, 9]]
    assert mixed.tolist() == [pytest.approx((85, 85, 10)), [1, 2, 3]]


def test_a_density_is_brighter_where_there_are_more() -> None:
    x = np.repeat(np.arange(4, dtype=np.int32), [1, 3, 30, 300])
    picture, top = density(x, Window(0, 0, 6, 1), INKS)
    assert top >= 30
    brightness = picture[0].astype(int).sum(1)
    assert (np.diff(brightness[:3]) > 0).all()
    assert picture[0, 5].tolist() == [10, 20, 30]  # where there is nothing
    assert (picture[0, 0] != picture[0, 5]).any()  # one point is seen


def test_what_is_not_selected_is_dimmed_in_a_density() -> None:
    cells = np.array([1, 4], np.int32)
    white = packed(np.full((2, 3), 255, np.uint8))
    window = Window(0, 0, 6, 1)
    plain, _ = density(cells, window, INKS, white)
    picture, _ = density(cells, window, INKS, white, np.array([False, True]))
    assert picture[0, 1].sum() < plain[0, 1].sum()
    assert picture[0, 4].tolist() == plain[0, 4].tolist()


def test_few_points_of_a_density_spread_and_stay_as_bright() -> None:
    window, cells = Window(0, 0, 11, 11), np.array([5 * 11 + 5], np.int32)
    sharp, top = density(cells, window, INKS)
    wide, _ = density(cells, window, INKS, top=top, radius=1)
    assert wide[5, 5].tolist() == sharp[5, 5].tolist()
    assert wide[5, 6].tolist() == sharp[5, 5].tolist()
    assert wide[5, 7].tolist() == [10, 20, 30]


def test_the_top_of_nothing_is_one() -> None:
    assert top_of(np.zeros((4, 4), np.int64)) == 1


def test_thumbnails_are_found_by_place_at_any_side() -> None:
    sprites = Sprites(20, side=16)
    shades = np.arange(3, 8, dtype=np.uint8)
    pictures = np.broadcast_to(shades[:, None, None, None] * 20, (5, 16, 16, 3))
    sprites.put([11, 2, 5, 19, 0], pictures)
    assert len(sprites) == 5
    assert sprites.has(np.array([2, 3, 19])).tolist() == [True, False, True]
    for side in (1, 2, 3, 4, 7, 16, 40):
        found = sprites.scaled(np.array([0, 2, 11]), side)
        assert found.shape == (3, side, side, 3)
        assert [set(one.ravel().tolist()) for one in found] == [{140}, {80}, {60}]
    with pytest.raises(ValueError, match="16, 16, 3"):
        sprites.put([1], np.zeros((1, 8, 8, 3), np.uint8))


def test_the_oldest_thumbnails_give_way() -> None:
    sprites = Sprites(100, side=8, most=4)
    for place in range(6):
        sprites.put([place], np.full((1, 8, 8, 3), place, np.uint8))
    sprites.put([3], np.full((1, 8, 8, 3), 33, np.uint8))  # again: where it was
    assert sprites.has(np.arange(7)).tolist() == [False, False, True, True, True, True, False]
    assert sprites.scaled(np.arange(2, 6), 8)[:, 0, 0, 0].tolist() == [2, 33, 4, 5]


def test_the_next_point_lies_in_the_direction() -> None:
    x = np.array([0, 10, 3, -4, 0], np.int32)
    y = np.array([0, 1, 9, 0, -6], np.int32)
    found = [next_in_direction(x, y, 0, *way) for way in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    assert found == [1, 2, 3, 4]
    assert next_in_direction(x, y, 1, 1, 0) is None


def test_colours_are_packed_without_loss() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (50, 3)).astype(np.uint8)
    assert (unpacked(packed(rgb)) == rgb).all()
    assert hex(packed(np.array([(1, 2, 255)], np.uint8))[0]) == "0xff0102ff"
