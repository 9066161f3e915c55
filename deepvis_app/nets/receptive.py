"""Read a layer's receptive field off the dependence of its output."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis_app.nets.dependence import EXACT, NOTHING, PADDED, REAL
from deepvis_app.nets.layers import Layout, ReceptiveField
from deepvis_app.nets.places import by_picture

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets.dependence import Dependence
    from deepvis_app.nets.pictures import Picture

Span = tuple[int, int]  # first pixel and the one after the last
Spans = tuple[Span, ...]  # by position


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
    dependence = by_picture(dependence, picture)
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
    at_most = dependence.looseness != EXACT
    return ReceptiveField(size, stride, start, whole, rows, columns, at_most)


def _covered(spans: Spans, visible: Span) -> bool:
    return all(a <= visible[0] and b >= visible[1] for a, b in spans)


def _map_table(table: Tensor, dependence: Dependence, picture: Picture) -> Tensor:
    """Bring a table to the picture's map (h, w): the least over units."""
    spatial = picture.spatial
    table = table.amin([d for d in range(table.ndim) if d not in spatial], keepdim=True)
    full = [n if d in spatial else 1 for d, n in enumerate(dependence.shape)]
    return replace(picture, batch=0, fold=0).maps(table.expand(full))[0, 0]


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
