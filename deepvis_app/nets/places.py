"""Lay a layer's output out as a picture by the places that its elements stand for on the input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.dependence import NOTHING, PLACE, REAL
from deepvis_app.nets.layers import Layout
from deepvis_app.nets.pictures import Order, Picture, is_attention, shaped, token_grid

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets.dependence import Dependence


def pictures_by_places(output: Tensor, dependence: Dependence, aspect: float) -> list[Picture]:
    """Return the pictures that an output may be, whose elements know their place on the input.

    One picture's output; where its first dimension holds more than pictures, the others are guesses
    that `together` settles by a pass with two. Empty: no dimension stands for rows or for columns.
    """
    if not output.ndim:
        return []
    if output.shape[0] == 1:
        found = _picture(output, dependence, aspect)
        return [found] if found else []
    ways = [Picture(Layout.VECTOR, (1, 1, 1), fold=output.shape[0])]
    if output.ndim > 2 and output.shape[1] == 1:  # (T, N, C)
        ways.insert(0, Picture(Layout.VECTOR, (1, 1, 1), batch=1))
    possible = []
    for way in ways:
        seen = way.by_picture(output)
        known = by_picture(dependence, way)
        picture = _picture(seen, known, aspect)
        if picture and (way.batch or _is_sure(picture, seen, known)):
            possible.append(replace(picture, batch=way.batch, fold=way.fold))
    return possible


def _is_sure(picture: Picture, output: Tensor, dependence: Dependence) -> bool:
    """Tell whether it is known which positions lie along one dimension with the pictures."""
    if picture.layout is Layout.TOKENS:
        rows, columns = (_along(dependence.tables[k], picture.spatial, output) for k in PLACE)
        return _grid(rows, columns) is not None
    return picture.layout in (Layout.WINDOWS, Layout.SEQUENCE)


def by_picture(dependence: Dependence, picture: Picture) -> Dependence:
    """Return the dependence of `picture.by_picture(output)` for one picture."""
    shape = dependence.shape
    if picture.batch:
        size = torch.Size([shape[picture.batch], *_without(shape, picture.batch)])
        return dependence.moved(lambda t: t.movedim(picture.batch, 0), size, ())
    if picture.fold:
        return dependence.moved(lambda t: t.unsqueeze(0), torch.Size([1, *shape]), ())
    return dependence


def _without(shape: torch.Size, dim: int) -> list[int]:
    return [n for d, n in enumerate(shape) if d != dim]


def _picture(output: Tensor, dependence: Dependence, aspect: float) -> Picture | None:
    """Return the picture of an output (1, ...).

    The dimension along which rows change most is the map's height, and so for columns; where
    both are one dimension, it holds tokens, or with others windows.
    """
    if output.ndim < 3:
        return None
    rows, columns = (_main_dimension(dependence.tables[k]) for k in PLACE)
    if rows is None and columns is None and output.ndim == 3:
        return _steps(output, dependence)
    if rows is None or columns is None:
        return _strip(output, rows, columns)
    if found := _windows(output, dependence, {rows, columns}):
        return found
    if rows != columns:
        is_last = output.ndim - 1 in (rows, columns)
        return shaped(output, (rows, columns), Layout.MAPS if is_last else Layout.MAPS_LAST)
    if rows == output.ndim - 2 and is_attention(output):
        return shaped(output, (rows, rows + 1), Layout.HEADS)
    return _tokens(output, dependence, rows, aspect)


def _main_dimension(places: Tensor) -> int | None:
    """Return the dimension (not the batch) along which places lie furthest apart."""
    best, furthest = None, 0.0
    for dim in range(1, places.ndim):
        if places.shape[dim] > 1:
            high = places.masked_fill(places >= NOTHING, -NOTHING).amax(dim)
            apart = float((high - places.amin(dim)).amax())
            if apart > furthest:
                best, furthest = dim, apart
    return best


def _strip(output: Tensor, rows: int | None, columns: int | None) -> Picture | None:
    """Return a picture of maps that are one position high or wide."""
    known = rows if columns is None else columns
    if known is None:
        return None
    if output.ndim == 3:
        return _sequence(output, known, are_rows=columns is None)
    other = known + 1 if columns is None else known - 1
    if output.ndim != 4 or not 0 < other < output.ndim or output.shape[other] != 1:
        return None
    spatial = (known, other) if columns is None else (other, known)
    return shaped(output, spatial, Layout.MAPS if 3 in spatial else Layout.MAPS_LAST)


def _sequence(output: Tensor, dim: int, *, are_rows: bool) -> Picture:
    length, units = output.shape[dim], output.shape[3 - dim]
    return Picture(Layout.SEQUENCE, (units, length, 1) if are_rows else (units, 1, length), (dim,))


def _steps(output: Tensor, dependence: Dependence) -> Picture | None:
    """Return the picture of steps that each see more than those before, as a recurrence's do."""
    rows, columns = (
        {d for k in pair for d in (1, 2) if dependence.tables[k].shape[d] > 1}
        for pair in (REAL[:2], REAL[2:])
    )
    if len(rows | columns) != 1:
        return None
    return _sequence(output, min(rows | columns), are_rows=not columns)


def _windows(output: Tensor, dependence: Dependence, main: set[int]) -> Picture | None:
    """Return the picture of windows, where their places fill one grid of the input exactly.

    `main` are the dimensions of rows and of columns: maps of their own, where these are two of
    four, or no other knows places.
    """
    tables = [dependence.tables[k] for k in PLACE]
    dims = tuple(d for d in range(1, output.ndim) if any(t.shape[d] > 1 for t in tables))
    units = output.numel()
    for d in dims:
        units //= output.shape[d]
    are_maps = len(main) == 2 and (output.ndim == 4 or len(dims) == 2)
    if are_maps or len(dims) < 2 or units < 2:
        return None
    places = [_along(t, dims, output) for t in tables]
    grid = _grid(places[0], places[1])
    if grid is None:
        return None
    size, order = grid
    return Picture(Layout.WINDOWS, (units, *size), dims, order=Order(tuple(order)))


def _along(table: Tensor, dims: tuple[int, ...], output: Tensor) -> Tensor:
    """Return a table's values at all positions along `dims`, flat: the least over the others."""
    others = [d for d in range(table.ndim) if d not in dims]
    least = table.amin(others, keepdim=True) if others else table
    full = [n if d in dims else 1 for d, n in enumerate(output.shape)]
    return least.expand(full).flatten()


def _grid(rows: Tensor, columns: Tensor) -> tuple[tuple[int, int], list[int]] | None:
    """Return the size (h, w) of the grid that places (P,) fill, and them in its order, if so."""
    if bool((rows >= NOTHING).any() | (columns >= NOTHING).any()):
        return None
    height, row = _numbered(rows)
    width, column = _numbered(columns)
    place = row * width + column
    if height * width != len(place) or len(place.unique()) != len(place):
        return None
    return (height, width), place.argsort().tolist()


def _numbered(places: Tensor) -> tuple[int, Tensor]:
    values, numbers = places.unique(return_inverse=True)
    return len(values), numbers


def _tokens(output: Tensor, dependence: Dependence, dim: int, aspect: float) -> Picture:
    """Return the picture of tokens. Those without a place, wherever they stand, are set apart."""
    rows, columns = (_along(dependence.tables[k], (dim,), output) for k in PLACE)
    numbers = torch.arange(len(rows))
    placed = numbers[(rows < NOTHING) & (columns < NOTHING)]
    grid = _grid(rows[placed], columns[placed])
    size, order = grid or (token_grid(len(placed), aspect), list(range(len(placed))))
    units = output.numel() // output.shape[dim]
    stand = placed[torch.tensor(order)].tolist()
    leading, trailing = stand[0], len(rows) - 1 - stand[-1]
    if stand == list(range(leading, len(rows) - trailing)):
        shape = (units, *size)
        return Picture(Layout.TOKENS, shape, (dim,), leading, trailing=trailing)
    apart = sorted(set(range(len(rows))) - set(stand))
    ordered = Order(tuple(stand), tuple(apart))
    return Picture(Layout.TOKENS, (units, *size), (dim,), order=ordered)
