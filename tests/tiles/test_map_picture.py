"""A map as a picture: thumbnails, dots, names of classes."""

from __future__ import annotations

import numpy as np

from deepvis_app.tiles.map_picture import (
    BACKGROUND,
    LEGEND_PX,
    MARGIN_PX,
    SIZE_PX,
    UNCLASSED,
    apart,
    class_colours,
    map_picture,
)


def test_thumbnails_do_not_overlap_and_every_other_place_is_under_one() -> None:
    places = np.random.default_rng(0).integers(0, 400, (200, 2))
    chosen = apart(places, 40)
    away = np.abs(places[chosen][:, None] - places[chosen][None]).max(2)
    assert away[~np.eye(len(chosen), dtype=bool)].min() >= 40
    to_chosen = np.abs(places[:, None] - places[chosen][None]).max(2).min(1)
    assert to_chosen.max() < 40
    assert chosen[0] == 0


def test_pictures_and_dots_are_where_the_points_are() -> None:
    points = np.array([(-1.0, -1.0), (1.0, 1.0), (0.98, 1.0)])  # the last one is under the second
    blue = np.full((20, 20, 3), (0, 0, 255), np.uint8)
    asked: list[int] = []

    def read(number: int) -> np.ndarray | None:
        asked.append(number)
        return None if number == 0 else blue

    drawn = map_picture(points, np.array([-1, 0, 1]), ("a", "b"), read)
    assert asked == [0, 1]
    assert drawn.shape == (SIZE_PX, SIZE_PX + LEGEND_PX, 3)
    low, high = MARGIN_PX, SIZE_PX - MARGIN_PX
    assert tuple(drawn[high, low]) == UNCLASSED  # no picture: a dot
    assert tuple(drawn[low + 10, high + 5]) == (0, 0, 255)
    x = round(SIZE_PX / 2 + 0.98 * (SIZE_PX / 2 - MARGIN_PX))
    assert tuple(drawn[low, x]) == tuple(class_colours(2)[1])
    assert tuple(drawn[SIZE_PX // 2, SIZE_PX // 2]) == BACKGROUND


def test_without_classes_there_is_no_legend() -> None:
    drawn = map_picture(np.zeros((3, 2)), np.full(3, -1), (), lambda _: None)
    assert drawn.shape == (SIZE_PX, SIZE_PX, 3)


def test_colours_of_classes_differ() -> None:
    colours = class_colours(40).astype(int)
    away = np.abs(colours[:, None] - colours[None]).sum(2)
    assert away[~np.eye(40, dtype=bool)].min() > 20
