"""What keys do with the question "why"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.explain import Method, Rendering
from deepvis_app.state.choices import after
from deepvis_app.ui.kit.notices import BRIEF_S
from deepvis_app.ui.panels.why.live import PAGE

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.why.live import WhyPresenter


class WhyCommands:
    """The user's wishes by name; the panel's actions refer to these."""

    def __init__(self, desk: Desk, presenter: WhyPresenter) -> None:
        self._options, self._presenter = desk.options.why, presenter
        self._sight, self._notices, self._files = desk.sight, desk.notices, desk.files

    def toggle_pin(self) -> None:
        self._presenter.toggle_pin()
        origin = self._options.origin
        words = f"Pinned {origin.layer} · {origin.index}" if origin else "Nothing is pinned"
        self._notices.say(words, BRIEF_S)

    def cycle_method(self) -> None:
        self._options.method = after(tuple(Method), self._options.method)
        self._sight.show_page(PAGE)

    def cycle_view(self) -> None:
        self._options.show_as(after(tuple(Rendering), self._options.shown_view))
        self._sight.show_page(PAGE)

    def save(self) -> None:
        """Write the shown explanation as a picture."""
        request = self._presenter.shown_request
        name = "explanation"
        if request is not None:
            name = f"{request.unit.layer}-{request.unit.index}-{request.method.value}"
        self._files.save_savable("explanation", name)
