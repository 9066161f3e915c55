"""How the picked unit reaches the picture: tiles of the first layer's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.panels.weights.filters import kernel_picture
from deepvis_app.words.figures import MINUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.corpus.weights import Expanded
    from deepvis_app.engine.readers import ReachReading
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.panels.weights.view import WeightsView

TILES = 9  # beside that of the picture itself


class ReachPresenter:
    """Shows a reading once."""

    def __init__(self, view: WeightsView, step: Callable[[str, int], None]) -> None:
        self._view, self._step = view.reach, step
        self._shown: ReachReading | None = None
        self._units: list[int] = []
        view.reach.filter_picked.connect(self._pick)

    def clear(self) -> None:
        self._shown = None
        self._view.set_tiles("", "", (), "")

    def turn_to(self, unit: Unit) -> None:
        """Another unit is shown: what is told of the one before is not true of it."""
        if self._shown is not None and self._shown.unit != unit:
            self.clear()

    def show(self, reading: ReachReading, network: Network) -> None:
        if reading is self._shown:
            return
        self._shown = reading
        found, filters = reading.expanded, reading.filters
        if found is None or filters is None:
            problem = f"{reading.problem}." if reading.problem else ""
            self._view.set_tiles("Reaches the input", "", (), problem)
            return
        norms, sums = found.norms, found.sums
        total = float(norms.sum())
        order = np.argsort(-norms, kind="stable")[:TILES].tolist()
        self._units = [unit for unit in order if norms[unit] > 0]
        cells = [Cell(kernel_picture(network, found.picture), "input", tip=_tip_of_whole(found))]
        for unit in self._units:
            share = float(norms[unit]) / total
            caption = f"{unit} {'+' if sums[unit] >= 0 else MINUS}{share:.0%}"
            tip = (
                f"{found.layer} · {unit}: {share:.1%} of the length of all weights on the linear "
                "path; the sign is that of their sum. Click to step into it."
            )
            cells.append(Cell(kernel_picture(network, filters[unit]), caption, tip=tip))
        self._view.set_tiles("Reaches the input", f"through {found.layer}", cells, _note(found))

    def _pick(self, place: int) -> None:
        reading = self._shown
        if reading is not None and reading.expanded is not None and place > 0:
            self._step(reading.expanded.layer, self._units[place - 1])


def _tip_of_whole(found: Expanded) -> str:
    rows, columns = found.picture.shape[1:]
    return (
        f"The same for the picture itself: {rows} × {columns} pixels, middle grey is zero. A "
        "picture like this one excites the linear path most."
    )


def _note(found: Expanded) -> str:
    if found.is_exact:
        return "Exact: nothing on the way but sums of weighted values."
    what = " and ".join(found.straight)
    return (
        f"An approximation: {what} on the way {'are' if len(found.straight) > 1 else 'is'} taken "
        "as linear."
    )
