"""What is on the screen, as figures for files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QImage

from deepvis_app.engine.provenance import Provenance
from deepvis_app.nets import Unit
from deepvis_app.ui.shell.figure_file import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

    from deepvis_app.engine import Engine
    from deepvis_app.frames import Frame
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.panel import Savable

WINDOW = "window"


class ShownFigures:
    """`savables` gives what the panels offer; `frame` tells which one is shown."""

    def __init__(self, window: QWidget, engine: Engine, selection: Selection) -> None:
        self._window = window
        self._engine = engine
        self._selection = selection
        self.frame: Frame | None = None
        self.savables: Callable[[], tuple[Savable, ...]] = lambda: ()

    def all(self) -> dict[str, tuple[str, Callable[[], Figure | None]]]:
        """Return what can be saved: by key its name, and what makes its figure if there is one."""
        offered = {each.key: (each.title, partial(self._of, each)) for each in self.savables()}
        return {**offered, WINDOW: ("The whole window", self.window)}

    def make(self, key: str) -> Figure | None:
        """Return the figure under a key, None where there is none now."""
        found = self.all().get(key)
        return None if found is None else found[1]()

    def image(self, key: str) -> QImage | None:
        """Return the bare picture under a key, None where there is none now."""
        for savable in self.savables():
            if savable.key == key and isinstance(content := savable.content(), QImage):
                return content
        return None

    def window(self) -> Figure:
        return Figure(self._window.grab().toImage(), self.provenance(WINDOW, whole=True))

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

    def _of(self, savable: Savable) -> Figure | None:
        content = savable.content()
        if content is None:
            return None
        facts = self.provenance(savable.what, savable.unit(), whole=savable.is_whole)
        return Figure(content, facts, savable.bar(), smooth=savable.is_smooth)
