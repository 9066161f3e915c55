"""How a grid lies, for what takes the place of its mosaic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.state.resolve import GridPlan
    from deepvis_app.ui.panels.grid.view import GridPane


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A pane, its plan, the places in view (first, count) and the units in their order (N,)."""

    pane: GridPane
    plan: GridPlan
    seen: tuple[int, int]
    order: NDArray[np.int64]

    @property
    def units(self) -> list[int]:
        """The units in view."""
        first, count = self.seen
        units: list[int] = self.order[first : first + count].tolist()
        return units

    @property
    def key(self) -> tuple[object, ...]:
        """What changes with the layout."""
        return self.plan, *self.seen, self.order.tobytes()

    def in_order(self, order: NDArray[np.int64]) -> Laid:
        return replace(self, order=order)


def laid(
    pane: GridPane, plan: GridPlan, seen: tuple[int, int], order: NDArray[np.int64] | None
) -> Laid:
    """Return a layout; without an `order` of a reading units stand by their index."""
    if order is None:
        order = np.arange(plan.total) if plan.units is None else np.array(plan.units, np.int64)
    return Laid(pane, plan, seen, order)
