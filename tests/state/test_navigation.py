"""Moves of the ancestor (its key table), on a grid of 10 units in rows of 4."""

from __future__ import annotations

import pytest

from deepvis_app.state.navigation import Move, move, neighbour_layer
from deepvis_app.state.selection import Focus, Selection

LAYERS = ["a", "b", "c", "d", "e"]


def selection(unit: int = 0, focus: Focus = Focus.GRID, layer: str = "b") -> Selection:
    made = Selection()
    made.adopt([(name, 10) for name in LAYERS])
    made.pick_layer(layer)
    made.pick_unit(unit)
    made.focus = focus
    return made


@pytest.mark.parametrize(
    ("start", "direction", "distance", "end"),
    [
        (0, Move.RIGHT, 1, 1),
        (3, Move.RIGHT, 1, 4),  # wraps to the next row
        (0, Move.LEFT, 1, 0),
        (9, Move.RIGHT, 3, 9),
        (1, Move.DOWN, 1, 5),
        (9, Move.DOWN, 1, 9),
        (5, Move.UP, 1, 1),
        (8, Move.RIGHT, 3, 9),
    ],
)
def test_moves_in_the_grid(start: int, direction: Move, distance: int, end: int) -> None:
    picked = selection(start)
    move(picked, direction, distance, layers=LAYERS, order=range(10), columns=4)
    assert picked.unit == end
    assert picked.focus is Focus.GRID


def test_moves_follow_the_shown_order() -> None:
    picked = selection(7)
    move(picked, Move.RIGHT, 1, layers=LAYERS, order=[3, 7, 1, 9], columns=4)
    assert picked.unit == 1


def test_up_from_the_first_row_goes_to_the_layers_and_down_comes_back() -> None:
    picked = selection(2)
    move(picked, Move.UP, 1, layers=LAYERS, order=range(10), columns=4)
    assert (picked.focus, picked.unit) == (Focus.LAYERS, 2)
    move(picked, Move.RIGHT, 1, layers=LAYERS, order=range(10), columns=4)
    assert picked.layer == "c"
    move(picked, Move.LEFT, 3, layers=LAYERS, order=range(10), columns=4)
    assert picked.layer == "a"
    move(picked, Move.DOWN, 1, layers=LAYERS, order=range(10), columns=4)
    assert picked.focus is Focus.GRID


def test_a_grid_without_units_lets_the_keyboard_out() -> None:
    picked = selection(2)
    move(picked, Move.UP, 1, layers=LAYERS, order=[], columns=4)
    assert picked.focus is Focus.LAYERS


def test_neighbour_layers_are_clamped_and_keep_the_focus() -> None:
    picked = selection(4, layer="d")
    neighbour_layer(picked, 3, LAYERS)
    assert (picked.layer, picked.focus) == ("e", Focus.GRID)
