"""Where the keyboard goes: the ancestor's movements as pure functions."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from deepvis_app.state.selection import Focus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.state.selection import Selection

FAST = 3  # the ancestor's fast_move_dist


class Move(Enum):
    """A direction on the screen."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


def move(
    selection: Selection,
    direction: Move,
    distance: int,
    *,
    layers: Sequence[str],
    order: Sequence[int],
    columns: int,
) -> None:
    """Move the selection as the ancestor's cursor did.

    On the layers' row left and right change the layer and down enters the grid; in the grid the
    unit moves in the shown `order` of `columns` a row, and up from the first row returns to the
    layers. Moves are clamped, never wrapped to the other end.
    """
    if selection.focus is Focus.LAYERS:
        _move_along_layers(selection, direction, distance, layers)
    else:
        _move_in_grid(selection, direction, distance, order, max(columns, 1))


def neighbour_layer(selection: Selection, delta: int, layers: Sequence[str]) -> None:
    """Go `delta` layers on without moving the keyboard's focus."""
    if layers:
        here = layers.index(selection.layer) if selection.layer in layers else 0
        selection.pick_layer(layers[min(max(here + delta, 0), len(layers) - 1)])


def _move_along_layers(
    selection: Selection, direction: Move, distance: int, layers: Sequence[str]
) -> None:
    if direction is Move.DOWN:
        selection.focus = Focus.GRID
    elif direction is not Move.UP:
        neighbour_layer(selection, distance if direction is Move.RIGHT else -distance, layers)


def _move_in_grid(
    selection: Selection, direction: Move, distance: int, order: Sequence[int], columns: int
) -> None:
    if len(order) == 0:
        selection.focus = Focus.LAYERS if direction is Move.UP else selection.focus
        return
    places = list(order)
    here = places.index(selection.unit) if selection.unit in places else 0
    if direction is Move.UP and here < columns:
        selection.focus = Focus.LAYERS
        return
    step = {Move.LEFT: -1, Move.RIGHT: 1, Move.UP: -columns, Move.DOWN: columns}[direction]
    selection.pick_unit(int(places[min(max(here + step * distance, 0), len(places) - 1)]))
