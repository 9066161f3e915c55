"""Read a layer's picture and its receptive field off the dependence of its output."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deepvis_app.nets.dependence import NOTHING, PADDED, PLACE, REAL
from deepvis_app.nets.layers import Layout, ReceptiveField
from deepvis_app.nets.pictures import Picture, is_attention, shaped, token_grid

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets.dependence import Dependence

Span = tuple[int, int]  # first pixel and the one after the last
Spans = tuple[Span, ...]  # by position


def picture_by_places(output: Tensor, dependence: Dependence, aspect: float) -> Picture | None:
    """Return the picture of an output whose elements still know their place on the input.

    The dimension along which rows change most is the map's height, and so for columns; where
    both are one dimension, it holds tokens. None: no dimension stands for rows or for columns.
    """
    if output.ndim < 3 or output.shape[0] != 1:
        return None
    rows, columns = (_main_dimension(dependence.tables[k]) for k in PLACE)
    if rows is None or columns is None:
        return _strip(output, rows, columns)
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
    if known is None or output.ndim != 4:
        return None
    other = known + 1 if columns is None else known - 1
    if not 0 < other < output.ndim or output.shape[other] != 1:
        return None
    spatial = (known, other) if columns is None else (other, known)
    return shaped(output, spatial, Layout.MAPS if 3 in spatial else Layout.MAPS_LAST)


def _tokens(output: Tensor, dependence: Dependence, dim: int, aspect: float) -> Picture:
    """Return the picture of tokens: leading ones without a place are class tokens."""
    places = []
    for k in PLACE:
        table = dependence.tables[k]
        table = table.amin([d for d in range(table.ndim) if d != dim])
        places.append(table.expand(output.shape[dim]))
    placed = (places[0] < NOTHING).tolist()
    leading = placed.index(True)
    rows, columns = (p[leading:] for p in places)
    size = len(rows.unique()), len(columns.unique())
    is_grid = size[0] * size[1] == len(rows) and bool((rows.diff() >= 0).all())
    if not is_grid:
        size = token_grid(len(rows), aspect)
    units = output.numel() // output.shape[dim]
    return Picture(Layout.TOKENS, (units, *size), (dim,), leading)


def visible(dependence: Dependence) -> tuple[Span, Span]:
    """Return the rows and the columns of the input that a tensor depends on in any place."""
    ends = [int(dependence.tables[k].amin()) for k in REAL]
    return (ends[0], 1 - ends[1]), (ends[2], 1 - ends[3])


def receptive_field(
    dependence: Dependence,
    picture: Picture,
    input_size: tuple[int, int],
    visible: tuple[Span, Span],
) -> ReceptiveField | None:
    """Return which pixels of an input (H, W) the positions of a picture depend on.

    Units are united. It is `whole` where every position depends on all rows and columns that are
    `visible` to the network (a stride may leave out the last ones). None: there is no dependence.
    """
    tables = [_map_table(dependence.tables[k], dependence, picture) for k in (*REAL, *PADDED)]
    if not bool((tables[0] < NOTHING).any()):
        return None
    spans = [_spans(tables[k], tables[k + 1], axis=k // 2 % 2) for k in range(0, 8, 2)]
    rows, columns = spans[:2]
    whole = _covered(rows, visible[0]) and _covered(columns, visible[1])
    if whole and all(len(set(s)) == 1 for s in spans[2:]):
        size, stride, start = input_size, input_size, (0, 0)
    elif picture.layout is Layout.HEADS:
        return None  # its rows and columns are tokens, not places on the input
    else:
        size, stride, start = zip(*(_summary(s) for s in spans[2:]), strict=True)
    return ReceptiveField(size, stride, start, whole, rows, columns)


def _covered(spans: Spans, visible: Span) -> bool:
    return all(a <= visible[0] and b >= visible[1] for a, b in spans)


def _map_table(table: Tensor, dependence: Dependence, picture: Picture) -> Tensor:
    """Bring a table to the picture's map (h, w): the least over units."""
    spatial = picture.spatial
    table = table.amin([d for d in range(table.ndim) if d not in spatial], keepdim=True)
    full = [n if d in spatial else 1 for d, n in enumerate(dependence.shape)]
    return picture.maps(table.expand(full))[0, 0]


def _spans(low: Tensor, negative_high: Tensor, axis: int) -> Spans:
    """Return the interval of every row (axis 0) or column (1), united over the other axis."""
    first, last = low.amin(1 - axis), -negative_high.amin(1 - axis)
    return tuple(
        (int(a), int(b) + 1) if a <= b else (0, 0)
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
    )


def _summary(spans: Spans) -> tuple[float, float, float]:
    """Return the size, stride and start that fit evenly spaced intervals."""
    size = max(b - a for a, b in spans)
    count = len(spans)
    if count == 1:
        return size, size, spans[0][0]
    first = [a for a, _ in spans]
    # Enlarged maps go up in steps: the slope that most distances agree on is the exact one.
    slopes = Counter((first[k] - first[0]) / k for k in range((count + 1) // 2, count))
    stride = slopes.most_common(1)[0][0]
    start = sum(a - k * stride for k, a in enumerate(first)) / count
    return size, _tidy(stride), _tidy(start)


def _tidy(value: float) -> float:
    return int(value) if value.is_integer() else value
