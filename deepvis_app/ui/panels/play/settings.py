"""The settings of the technique in use: shown, changed, set back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from deepvis_app.fields import form_fields
from deepvis_app.state.play import fitted
from deepvis_app.stored import reason
from deepvis_app.ui.panels.play.offers import choosers, offer_of
from deepvis_app.ui.panels.play.telling import way_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.fields import FormField
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Spec
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.play.view import PlayView

FOLLOWING = ("invert", "dream", "caricature", "accentuate")  # by themselves ask the picked layer


class SettingsPresenter:
    """`will_run` is told of every change, and whether it can go on from the present picture."""

    def __init__(self, view: PlayView, desk: Desk, will_run: Callable[[bool], None]) -> None:
        self._view, self._will_run = view, will_run
        self._options, self._selection = desk.options.play, desk.selection
        self.network: Network | None = None
        for page in view.pages:
            page.parameters.changed.connect(self.change)
            page.parameters.reset_requested.connect(self.set_back)
            page.parameters.seed_changed.connect(self.set_seed)
        events = self._options.events
        events.specs.connect(self.show_values)
        events.seed.connect(self._show_seed)
        desk.selection.events.layer.connect(self._show_picked)
        desk.selection.events.unit.connect(self._show_picked)

    def in_force(self) -> Spec:
        """Return the settings as the network can meet them."""
        if self.network is None:
            return self._options.spec
        picked = self._selection.layer if self._follows() else ""
        return fitted(self._options.spec, self.network, picked, self._selection.unit)

    def change(self, path: str, value: object) -> None:
        """Take a setting; one that is not valid is told and left out."""
        used = self.in_force()
        try:
            if path == "index":  # of the layer that is in force, which then stays
                self._options.change("layer", getattr(used, "layer", ""))
            self._options.change(path, value)
        except ValidationError as error:
            words = reason(error.errors()[0]).removeprefix(path)
            self._view.page.run.notice.set_notice(f"{self._field(path).title}{words}")
            self.show_values()
            return
        field = self._field(path)
        self._will_run(field.kind in ("int", "float") and path not in choosers((field,)))

    def set_back(self, path: str) -> None:
        """Take the usual value of a setting."""
        self.change(path, self._field(path).value(self._options.how.spec()))

    def set_seed(self, seed: int) -> None:
        if seed != self._options.seed:
            self._options.seed = seed
            self._will_run(False)

    def show(self) -> None:
        """Show the controls of the technique, and their values."""
        fields = self._fields()
        self._view.page.parameters.set_fields(fields, choosers(fields))
        self.show_values()

    def show_values(self, *_: object) -> None:
        fields, spec, in_force = self._fields(), self._options.spec, self.in_force()
        self._view.attack.set_way(way_words(in_force))
        values = {each.path: each.value(spec) for each in fields}
        parameters = self._view.page.parameters
        parameters.set_values(values, self._options.seed)
        if self.network is None:
            return
        chosen = choosers(fields)
        for each in fields:
            if each.path in chosen:
                parameters.set_offer(each.path, offer_of(each, spec, in_force, self.network))

    def _show_picked(self, *_: object) -> None:
        """Take another layer or unit where they count: a thousand classes take 9 ms to list."""
        if self._follows():
            self.show_values()

    def _follows(self) -> bool:
        return self._options.technique in FOLLOWING

    def _show_seed(self, *_: object) -> None:
        self._view.page.parameters.seed.set_value(self._options.seed)

    def _fields(self) -> tuple[FormField, ...]:
        return form_fields(self._options.how.spec)

    def _field(self, path: str) -> FormField:
        return next(each for each in self._fields() if each.path == path)
