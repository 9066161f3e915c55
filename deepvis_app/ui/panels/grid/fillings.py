"""What takes the place of the grids' mosaics: how each grid lies, what is known, what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.ui.panels.grid.laid import Laid

T = TypeVar("T")


class Fillings(Generic[T]):
    """By layer, the layers being those of the grids that are shown.

    With `lasts`, what is `known` of a layer stays while the grids show something else: it is told
    when it is old, and is there at once when it is shown again.
    """

    def __init__(self, *, lasts: bool) -> None:
        self._lasts = lasts
        self.plans: dict[str, Laid] = {}
        self.known: dict[str, T] = {}
        self.shown: dict[str, object] = {}  # what a canvas shows: it is not painted twice

    def clear(self) -> None:
        """Forget all: there is another network."""
        for each in (self.plans, self.known, self.shown):
            each.clear()

    def lay_out(self, layer: str, layout: Laid) -> None:
        """Take a grid's layout."""
        self.plans[layer] = layout

    def reorder(self, layer: str, order: NDArray[np.int64]) -> Laid | None:
        """Take the order of a new reading; return how the grid lies, None for one not laid out."""
        if layer in self.plans:
            self.plans[layer] = self.plans[layer].in_order(order)
        return self.plans.get(layer)

    def has(self, layer: str) -> bool:
        """Tell whether a layer's canvas shows this."""
        return layer in self.shown

    def keep(self, layers: Collection[str], *, is_on: bool) -> list[Laid]:
        """Forget grids that are not shown any more, all of them while something else is shown.

        Return how those lay.
        """
        kept = layers if is_on else ()
        gone = [self.plans.pop(layer) for layer in list(self.plans) if layer not in kept]
        for layer in [layer for layer in self.shown if layer not in kept]:
            del self.shown[layer]
        if is_on or not self._lasts:
            for layer in [layer for layer in self.known if layer not in kept]:
                del self.known[layer]
        return gone
