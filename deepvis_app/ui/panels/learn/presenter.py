"""Learn: which runs there are, which one is looked at, and what is shown of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.state.learn import LEARN
from deepvis_app.ui.panels.learn.controls_presenter import ControlsPresenter
from deepvis_app.ui.panels.learn.curves_presenter import CurvesPresenter
from deepvis_app.ui.panels.learn.findings_presenter import FindingsPresenter
from deepvis_app.ui.panels.learn.form_presenter import FormPresenter
from deepvis_app.ui.panels.learn.rows import names_of, run_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick
    from deepvis_app.ui.panels.learn.view import LearnView
    from deepvis_app.ui.panels.learn.watching import Watching

NOTHING = "Choose data, press Start: 8 × 8 digits are ready"
HOW = (
    "Training runs in a process of its own. A log of yours, or of TensorBoard’s, can be opened or "
    "dropped here as well."
)
WISHES = ("chosen", "hidden", "axis", "is_log", "smooth", "tags", "curve", "opened")


class LearnPresenter:
    """Shows what is known whenever that is more, or something else is wanted."""

    def __init__(self, view: LearnView, desk: Desk, watching: Watching) -> None:
        self._view, self._desk, self.watching = view, desk, watching
        self._options, self._runs, self._sight = desk.options.learn, desk.kept.runs, desk.sight
        self._trainings = desk.kept.trainings
        self._is_due = True
        self._stands: dict[str, str] = {}  # how the trainings stand, by run
        self.controls = ControlsPresenter(view, desk, watching.watch)
        self.curves = CurvesPresenter(view.curves, view.sections, desk)
        self.findings = FindingsPresenter(view.findings, desk, self)
        self.form = FormPresenter(view.form, desk, self.controls.start, self.controls.usual_name)
        view.runs.picked.connect(lambda path: setattr(self._options, "chosen", path))
        view.runs.eye_pressed.connect(self._options.toggle_hidden)
        view.runs.renamed.connect(self.rename)
        view.runs.remove_requested.connect(self.ask_to_remove)
        view.head.new_requested.connect(self.form.open)
        view.dropped.connect(self._runs.open_log)
        for name in WISHES:
            getattr(self._options.events, name).connect(self._mark_due)
        self._sight.events.is_narrow.connect(self._mark_due)

    # In every round

    def tick(self, tick: Tick) -> None:
        is_seen = self._sight.is_visible and self._sight.workspace == LEARN
        self._is_due |= self._runs.tick(is_seen)
        if not is_seen:
            return
        states = {path: self._trainings.status(path) for path in self._runs.own}
        stands = {path: status.state for path, status in states.items() if status is not None}
        self._is_due |= stands != self._stands
        self._stands = stands
        if self._is_due:
            self._is_due = False
            self.show()
        self.controls.tick(tick.now_s)
        if tick.jobs is not None:
            self.form.check.take(tick.jobs)

    def _mark_due(self, *_: object) -> None:
        self._is_due = True

    def show(self) -> None:
        """Show all that is known and wanted now."""
        paths, chosen = self._runs.paths, self._runs.chosen
        self._view.set_empty(not paths)
        self._view.empty.set_text(*(NOTHING, HOW) if self._runs.is_listed else ("", ""))
        names, own = names_of(paths), set(self._runs.own)
        self._view.runs.set_lines(
            [
                run_line(
                    one, self._options, names[one.path], is_own=one.path in own,
                    status=self._trainings.status(one.path),
                )
                for one in self._runs.shown
            ]
        )  # fmt: skip
        self._view.runs.set_chosen("" if chosen is None else chosen.path)
        self._view.set_narrow(self._sight.is_narrow, self._options.curve)
        self.curves.show()
        self.curves.show_step()
        self.findings.show()
        fault, self._runs.fault = self._runs.fault, None
        if fault is not None:
            self._desk.notices.say(str(fault))

    # What is done with runs

    def rename(self, path: str, name: str) -> None:
        try:
            self._runs.rename(path, name)
        except UserError as error:
            self._desk.notices.say(str(error))

    def ask_to_remove(self, path: str) -> None:
        """Ask whether a run is to be deleted; one from elsewhere leaves the list alone."""
        one = self._runs.get(path)
        if path not in self._runs.own:
            self._runs.close_log(path)
            return
        if self._trainings.is_alive(path) or one.is_held:
            self._desk.notices.say(f"{one.name} is being trained: stop it first")
            return
        kept = 0 if one.run is None else len(one.run.checkpoints)
        what = f"its log and {kept} checkpoints" if kept else "its log"
        self._desk.notices.offer(f"Delete {one.name}, {what}?", "Delete", lambda: self.remove(path))

    def remove(self, path: str) -> None:
        """Take a run away; for some seconds it can be taken back."""
        name = self._runs.get(path).name
        self._runs.hide(path)
        self._desk.notices.removed(
            f"{name} deleted", lambda: self._runs.show(path), lambda: self._runs.remove(path)
        )

    # What findings ask for

    def can_train(self, path: str) -> bool:
        return self.controls.can_train(path)

    def start_again(self, path: str, changes: Mapping[str, Any]) -> None:
        self.controls.start_again(path, changes)

    def go_back(self, path: str, step: int) -> None:
        self.controls.go_back(path, step)

    def show_steps(self, first: int, last: int) -> None:
        self.curves.show_steps(first, last)

    def show_layer(self, path: str, layer: str) -> None:
        """Watch the run's network, at one of its layers."""
        self.watching.show_layer(path, layer)

    def show_dead(self, path: str, layer: str) -> None:
        """Watch the run's network, at the units of a layer that are silent on all its pictures."""
        self.watching.show_dead(path, layer)

    def show_labels(self) -> None:
        """Scroll to the examples whose label may be wrong."""
        self._view.show_section("wall")
