"""What of the window is open, and how what is shown stands there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.nets import Network

WATCH = "watch"  # the workspace of layers and grids
NOW = "now"  # the first page of the inspector


@dataclass
class Sight:
    """Workspace, page and filter that are open. Evented, main thread only.

    What is here is meant, not read off widgets: a page is seen where the user opened it, whether or
    not the window has painted it yet. `orders` and `columns` say how the newest answer stands in
    the grids; they are no wishes and tell of no change.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    workspace: str = WATCH
    page: str = NOW
    is_inspecting: bool = True  # the inspector is open
    is_narrow: bool = False  # the inspector is a drawer over the centre
    is_drawn: bool = False  # the drawer is open
    is_visible: bool = True  # the window can be seen
    layer_filter: str = ""
    is_whole_frame: bool = True  # of the input, else what the network sees of it
    pointed: tuple[str, int, int] | None = None  # layer, i, j: the place under the pointer
    revealed: int = 0  # counts wishes to have the picked unit scrolled into view
    entered: int = 0  # counts wishes to have the keyboard in the grid
    moved: int = 0  # counts changes of what can be seen: a scroll, another size
    orders: dict[str, NDArray[np.int64]] = field(default_factory=dict)  # layer -> its units
    columns: dict[str, int] = field(default_factory=dict)  # layer -> tiles in a row

    def shows(self, page: str) -> bool:
        """Tell whether a page of the inspector is seen."""
        return self.is_visible and self.inspects and self.page == page

    @property
    def inspects(self) -> bool:
        """Tell whether the inspector is open, in its column or as a drawer."""
        return self.is_drawn if self.is_narrow else self.is_inspecting

    def inspect(self, is_open: bool) -> None:
        """Open or shut the inspector, as it now stands."""
        if self.is_narrow:
            self.is_drawn = is_open
        else:
            self.is_inspecting = is_open

    def show_page(self, page: str) -> None:
        """Open a page of the inspector, and this where it is shut."""
        self.page = page
        self.inspect(True)

    def reveal(self) -> None:
        """Have the picked unit and its layer brought into view."""
        self.revealed += 1

    def enter_grid(self) -> None:
        """Give the keyboard to the grid of the picked layer."""
        self.entered += 1
        self.reveal()

    def move(self) -> None:
        """Say that something else can be seen now."""
        self.moved += 1

    def layers(self, network: Network | None) -> tuple[str, ...]:
        """Return the network's layers that the filter leaves, in order."""
        layers = () if network is None else network.layers
        return tuple(
            info.name for info in layers if passes(info.name, info.kind, self.layer_filter)
        )

    def order(self, layer: str) -> Sequence[int]:
        """Return a layer's units as they stand in its grid, () before the first answer."""
        order = self.orders.get(layer)
        return () if order is None else order.tolist()

    def neighbours(self, layer: str, unit: int) -> tuple[int, ...]:
        """Return the units that stand after and before one."""
        order = list(self.order(layer))
        if unit not in order:
            return ()
        here = order.index(unit)
        return tuple(order[p] for p in (here + 1, here - 1) if 0 <= p < len(order))

    def forget_grids(self) -> None:
        """There is another network: nothing is known of how its units stand."""
        self.orders.clear()
        self.columns.clear()
        self.pointed = None


def passes(name: str, kind: str, text: str) -> bool:
    """Tell whether a layer's name or kind has all the words of a text."""
    said = f"{name} {kind}".casefold()
    return all(word in said for word in text.casefold().split())
