"""What is on the screen, as figures for files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.engine.provenance import Provenance
from deepvis_app.nets import Unit
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.shell.figure_file import Bar, Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.engine import Engine
    from deepvis_app.frames import Frame
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.kit.plots import Plot
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.panels.grid.view import GridPane


class ShownFigures:
    """`frame` tells which one is shown."""

    def __init__(self, window: MainWindow, engine: Engine, selection: Selection) -> None:
        self._window = window
        self._engine = engine
        self._selection = selection
        self.frame: Frame | None = None
        self.explained: Callable[[], tuple[NDArray[np.uint8], Unit, str] | None] = lambda: None

    def all(self) -> dict[str, tuple[str, Callable[[], Figure | None]]]:
        """Return what can be saved: by key its name, and what makes its figure if there is one."""
        parts = {
            "preferred": ("Preferred images", self._window.preferred.seeds),
            **{key: (f"Plot: {title}", plot) for key, (title, plot) in self.plots().items()},
        }
        return {
            "grid": ("Grid of units", self.grid),
            "tile": ("Map of the unit", self.tile),
            "explanation": ("Explanation", self.explanation),
            **{key: (title, partial(self._painted, part)) for key, (title, part) in parts.items()},
            "window": ("The whole window", self.window),
        }

    def plots(self) -> dict[str, tuple[str, Plot]]:
        """Return the plots of the window by the keys of their figures, with their names."""
        window = self._window
        return {
            "trace": ("last 10 s", window.now.trace),
            "histogram": ("values on this frame", window.now.histogram),
            "steps": ("activation by step", window.preferred.curve),
            "truth": ("is the map true", window.closer.plot),
        }

    def window(self) -> Figure:
        return Figure(self._window.grab().toImage(), self.provenance("window", whole=True))

    def grid(self) -> Figure | None:
        pane = self.pane()
        image = pane.canvas.mosaic_image()
        what = "units of a layer"
        return None if image is None else self._of(image, what, self._bar(pane), whole=True)

    def tile(self) -> Figure | None:
        """The unit's tile as the grid has it."""
        pane = self.pane()
        image = pane.canvas.tile_image(self._selection.unit)
        return None if image is None else self._of(image, "map of a unit", self._bar(pane))

    def explanation(self) -> Figure | None:
        found = self.explained()
        if found is None:
            return None
        picture, unit, method = found
        facts = self.provenance(f"explanation by {method}", unit)
        return Figure(rgb_image(picture), facts, smooth=True)

    def provenance(self, what: str, unit: Unit | None = None, *, whole: bool = False) -> Provenance:
        """Return where what is shown of a unit is from, the picked one if none is named.

        `whole`: it is of more than one unit.
        """
        status, selection = self._engine.status(), self._selection
        network = status.network.network
        layer = unit.layer if unit is not None else selection.layer
        facts = Provenance(what=what, source=status.source.spec, layer=layer)
        if not whole and layer:
            unit = unit or Unit(layer, selection.unit)
            label = network.unit_label(unit) if network is not None else None
            facts = replace(facts, unit=unit.index, label=label or "")
        return facts.of_network(network).of_frame(self.frame).dated()

    def _of(
        self, image: QImage, what: str, bar: Bar | None = None, *, whole: bool = False
    ) -> Figure:
        return Figure(image, self.provenance(what, whole=whole), bar)

    def _painted(self, widget: QWidget) -> Figure | None:
        """Return what a widget paints; None while its page is shut."""
        if not widget.isVisible():
            return None
        return Figure(widget, self.provenance(widget.accessibleName().lower()))

    def pane(self) -> GridPane:
        """Return the pane of the picked layer."""
        panes = self._selection.panes
        index = panes.index(self._selection.layer) if self._selection.layer in panes else 0
        return self._window.grid.panes[index]

    @staticmethod
    def _bar(pane: GridPane) -> Bar | None:
        colours = pane.colours
        if colours.shades is None or colours.isHidden():
            return None
        return Bar(colours.shades, *colours.span)
