"""Arrays that grow at their end while views of what was there before stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Column:
    """Rows of one shape, appended; `view` gives those so far, read-only, without a copy.

    A row that was once given out is never written again: what is cut off is left to its views.
    """

    def __init__(self, dtype: Any, shape: tuple[int, ...] = (), fill: float = 0) -> None:
        self._fill = fill
        self._rows: NDArray[Any] = np.full((64, *shape), fill, dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, rows: NDArray[Any]) -> None:
        """Append rows (n, …)."""
        end = self._count + len(rows)
        if end > len(self._rows):
            self._move(max(end, 2 * len(self._rows)))
        self._rows[self._count : end] = rows
        self._count = end

    def cut(self, count: int) -> None:
        """Keep the first `count` rows only."""
        if count < self._count:
            self._count = count
            self._move(len(self._rows))

    def _move(self, capacity: int) -> None:
        rows = np.full((capacity, *self._rows.shape[1:]), self._fill, self._rows.dtype)
        rows[: self._count] = self._rows[: self._count]
        self._rows = rows

    def view(self) -> NDArray[Any]:
        """Return the rows so far, read-only."""
        rows = self._rows[: self._count]
        rows.flags.writeable = False
        return rows


class Curve:
    """The rows of one scalar. Steps that come twice are kept once, as they were last."""

    def __init__(self) -> None:
        self.steps = Column(np.int64)
        self.values = Column(np.float64)
        self.times = Column(np.float64)

    def add(self, steps: NDArray[Any], values: NDArray[Any], times: NDArray[Any]) -> None:
        """Append rows whose steps rise; what was there from the first of them on is replaced."""
        if not len(steps):
            return
        self.cut(int(steps[0]) - 1)
        self.steps.append(steps)
        self.values.append(values)
        self.times.append(times)

    def cut(self, last: int) -> None:
        """Forget all after a step."""
        count = int(np.searchsorted(self.steps.view(), last, side="right"))
        for column in (self.steps, self.values, self.times):
            column.cut(count)


class Grid:
    """The rows of a table: quantities of layers, both of which may become more."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.steps = Column(np.int64)
        self.quantities: dict[str, Column] = {}

    def name(self, names: tuple[str, ...]) -> None:
        """Say which layers the rows to come are of; those before keep their places."""
        if names == self.names:
            return
        old, self.names = self.names, names
        for quantity, column in self.quantities.items():
            rows = column.view()
            wider = Column(np.float32, (len(names),), np.nan)
            moved = np.full((len(rows), len(names)), np.nan, np.float32)
            for place, name in enumerate(names):
                if name in old:
                    moved[:, place] = rows[:, old.index(name)]
            wider.append(moved)
            self.quantities[quantity] = wider

    def add(self, step: int, quantities: list[str], values: NDArray[Any]) -> None:
        """Append a row, (Q, L); what was there from its step on is replaced."""
        self.cut(step - 1)
        row = len(self.steps)
        self.steps.append(np.array([step]))
        for quantity, numbers in zip(quantities, values, strict=True):
            if quantity not in self.quantities:
                self.quantities[quantity] = self._blank(row)
            self.quantities[quantity].append(numbers[None])
        for column in self.quantities.values():
            if len(column) == row:
                column.append(np.full((1, len(self.names)), np.nan, np.float32))

    def _blank(self, rows: int) -> Column:
        column = Column(np.float32, (len(self.names),), np.nan)
        column.append(np.full((rows, len(self.names)), np.nan, np.float32))
        return column

    def cut(self, last: int) -> None:
        """Forget all after a step."""
        count = int(np.searchsorted(self.steps.view(), last, side="right"))
        for column in (self.steps, *self.quantities.values()):
            column.cut(count)
