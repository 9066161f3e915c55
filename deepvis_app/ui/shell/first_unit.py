"""Which unit is looked at first of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.readers import GridReader

if TYPE_CHECKING:
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.live import LivePresenter


class FirstUnit:
    """Picks, once, the unit that is most active on the first picture: unit 0 is often a dull one.

    What was picked meanwhile stays.
    """

    def __init__(self, presenter: LivePresenter, selection: Selection) -> None:
        self._presenter = presenter
        self._selection = selection
        presenter.shown.connect(self._pick)

    def _pick(self, snapshot: Snapshot) -> None:
        layer = self._selection.layer
        grids = snapshot.every(GridReader)
        maxima = next((grid.maxima for grid in grids if grid.layer == layer), None)
        if maxima is None:
            return
        self._presenter.shown.disconnect(self._pick)
        if not self._selection.remembered and self._selection.unit == 0:
            self._selection.pick_unit(int(maxima.argmax()))
