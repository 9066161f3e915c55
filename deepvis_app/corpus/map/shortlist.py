"""Which of many short codes may be nearest to another one, without looking at all of them.

The codes lie in cells, each around one of `CELLS` of them (Sivic and Zisserman's inverted file,
2003, with centres that are not learned). A query looks at the cells that are nearest to it until
they hold `LOOKED_AT` codes: so its time hardly grows with their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CELLS = 512
LOOKED_AT = 8000  # codes of the nearest cells, at least: of 10^5 real ones .95 of the nearest
AT_ONCE = 4096  # codes that find their cells together


class Shortlist:
    """Short codes (N, D) by cells."""

    def __init__(self, codes: Floats) -> None:
        self._centres = _for_ranking(codes[:: max(len(codes) // CELLS, 1)][:CELLS])
        parts = np.array_split(codes, max(len(codes) // AT_ONCE, 1))
        cells = np.concatenate([self._cells_of(part) for part in parts])
        self._order = np.argsort(cells, kind="stable")
        self._bounds = np.searchsorted(cells[self._order], np.arange(len(self._centres) + 1))
        self._sizes = np.diff(self._bounds)
        self._codes = _for_ranking(codes[self._order])

    def _cells_of(self, codes: Floats) -> NDArray[np.int64]:
        cells: NDArray[np.int64] = (_queries(codes) @ self._centres.T).argmin(1)
        return cells

    def nearest(self, code: Floats, count: int) -> NDArray[np.int64]:
        """Return the places (count,) of codes near to one (D,), in no order."""
        query = _queries(code[None])[0]
        cells = np.argsort(self._centres @ query, kind="stable")
        reached = np.cumsum(self._sizes[cells])
        cells = cells[: int(np.searchsorted(reached, max(LOOKED_AT, count))) + 1]
        spans = [slice(self._bounds[cell], self._bounds[cell + 1]) for cell in cells]
        away = np.concatenate([self._codes[span] @ query for span in spans])
        places = np.concatenate([self._order[span] for span in spans])
        if len(places) <= count:
            return places
        found: NDArray[np.int64] = places[np.argpartition(away, count)[:count]]
        return found


def _for_ranking(codes: Floats) -> Floats:
    """Return [s, |s|²] of codes s: times [-2 q, 1] it is their squared distance to q but |q|²."""
    squares = np.einsum("nd,nd->n", codes, codes)
    return np.ascontiguousarray(np.hstack([codes, squares[:, None]]))


def _queries(codes: Floats) -> Floats:
    """Return [-2 q, 1] of codes q."""
    queries: Floats = np.hstack([-2 * codes, np.ones((len(codes), 1), np.float32)])
    return queries
