"""What keys do with the picture that comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.nets import Fit
from deepvis_app.state.choices import following

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk


class InputCommands:
    """The user's wishes by name; the panel's actions refer to these."""

    def __init__(self, desk: Desk) -> None:
        self._engine, self._options = desk.engine, desk.options.view
        self.network: Network | None = None

    def toggle_frozen(self) -> None:
        self._engine.freeze(not self._engine.status().frozen)

    def step_frame(self) -> None:
        self._engine.freeze(True)
        self._engine.step_frame()

    def step_source(self, delta: int) -> None:
        self._engine.control(lambda source: source.step(delta))

    def cycle_fit(self) -> None:
        usual = self.network.preprocessing.fit if self.network else Fit.CROP
        self._options.fit = following(self._options.fit or usual)

    def toggle_mirror(self) -> None:
        self._options.mirror = not self._options.mirror

    def toggle_predictions(self) -> None:
        self._options.show_predictions = not self._options.show_predictions
