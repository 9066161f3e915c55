"""What keys do in the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.choices import following

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.map.presenter import MapPresenter
    from deepvis_app.ui.panels.map.view import MapView


class MapCommands:
    """The user's wishes by name; the panel's actions refer to these."""

    def __init__(self, view: MapView, desk: Desk, presenter: MapPresenter) -> None:
        self._view, self._desk, self._presenter = view, desk, presenter
        self._options = desk.options.map

    def cycle_tool(self) -> None:
        self._options.tool = following(self._options.tool)

    def cycle_view(self) -> None:
        self._options.view = following(self._options.view)

    def cycle_colour(self) -> None:
        """Go to the next colouring that there can be."""
        wanted, why_not = self._options.colour, self._presenter.colouring.why_not()
        for _ in type(wanted):
            wanted = following(wanted)
            if wanted not in why_not:
                break
        self._options.colour = wanted

    def find(self) -> None:
        """Give the keyboard to the field that finds pictures."""
        self._view.head.finder.setFocus()

    def fit(self) -> None:
        self._view.canvas.fit()

    def keep(self) -> None:
        self._presenter.choosing.keep()

    def save_picture(self) -> None:
        self._desk.files.save_savable("map")

    def save_table(self) -> None:
        self._presenter.choosing.save_table()
