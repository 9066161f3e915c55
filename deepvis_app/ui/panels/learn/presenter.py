"""Learn: which runs there are, which one is looked at, and what is shown of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.state.learn import LEARN, Axis
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.panels.learn.curves import (
    TRAIN,
    VAL,
    Look,
    Shown,
    can_stand,
    drawing_of,
    place_of,
    smoothing_words,
    step_at,
    table_of,
)
from deepvis_app.ui.panels.learn.rows import names_of, run_line

if TYPE_CHECKING:
    from deepvis_app.known.lines import Line
    from deepvis_app.known.runs import Followed
    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.kit.plots.drawing import Drawing
    from deepvis_app.ui.panels.learn.view import LearnView

NOTHING = "There are no runs yet"
HOW = "Open a log of yours, or of TensorBoard’s: its folder can be dropped here"


class LearnPresenter:
    """Shows what is known whenever that is more, or something else is wanted."""

    def __init__(self, view: LearnView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self.options, self._runs, self._sight = desk.options.learn, desk.kept.runs, desk.sight
        self._is_due = True
        self._hovered: int | None = None
        self._connect()

    def _connect(self) -> None:
        view, options = self._view, self.options
        view.runs.picked.connect(lambda path: setattr(options, "chosen", path))
        view.runs.eye_pressed.connect(options.toggle_hidden)
        curves = view.curves
        curves.curve_picked.connect(lambda key: setattr(options, "curve", key))
        curves.axis_picked.connect(lambda key: setattr(options, "axis", Axis(key)))
        curves.smooth_picked.connect(lambda count: setattr(options, "smooth", count))
        curves.log_toggled.connect(lambda on: setattr(options, "is_log", on))
        curves.tag_picked.connect(self._pick_tag)
        for key, plot in curves.plots.items():
            plot.pointed.connect(lambda place, key=key: self._point(key, place))
            plot.make = partial(self._drawing, key)
            plot.table = partial(self._table, key)
        view.dropped.connect(self._runs.open_log)
        names = ("chosen", "hidden", "axis", "is_log", "smooth", "tags", "curve", "opened")
        for name in names:
            getattr(options.events, name).connect(self._mark_due)
        options.events.hovered.connect(self._show_step)
        self._sight.events.is_narrow.connect(self._mark_due)

    # In every round

    def tick(self) -> None:
        is_seen = self._sight.is_visible and self._sight.workspace == LEARN
        is_new = self._runs.tick(is_seen)
        self._is_due |= is_new
        if is_seen and self._is_due:
            self._is_due = False
            self.show()

    def _mark_due(self, *_: object) -> None:
        self._is_due = True

    @property
    def chosen(self) -> Followed | None:
        """The run that is looked at."""
        paths = self._runs.paths
        if self.options.chosen in paths:
            return self._runs.get(self.options.chosen)
        return self._runs.get(paths[0]) if paths else None

    @property
    def run(self) -> Run | None:
        return None if self.chosen is None else self.chosen.run

    def show(self) -> None:
        """Show all that is known and wanted now."""
        paths, chosen = self._runs.paths, self.chosen
        self._view.set_empty(not paths)
        self._view.empty.set_text(*(NOTHING, HOW) if self._runs.is_listed else ("", ""))
        names, own = names_of(paths), set(self._runs.own)
        self._view.runs.set_lines(
            [
                run_line(one, self.options, names[one.path], is_own=one.path in own)
                for one in self._runs.shown
            ]
        )
        self._view.runs.set_chosen("" if chosen is None else chosen.path)
        self._view.set_narrow(self._sight.is_narrow, self.options.curve)
        self._show_curves()
        self._show_step()
        fault, self._runs.fault = self._runs.fault, None
        if fault is not None:
            self._desk.notices.say(str(fault))

    # Curves

    def _show_curves(self) -> None:
        options, view, narrow = self.options, self._view.curves, self._sight.is_narrow
        view.set_looks(options.axis.value, options.smooth, options.is_log)
        for key, plot in view.plots.items():
            tag = options.tags.get(key, "")
            view.set_title(key, tag or key.capitalize())
            shown = self._drawn(key)
            lines = [one.train for one in shown if one.train is not None]
            legend = ("— train  - - val", smoothing_words(lines))
            said = legend if key == "loss" or narrow else (self._baseline(),)
            view.set_detail(key, " · ".join(filter(None, said)))
            view.set_tags(key, self._tag_groups(key), tag)
            plot.set_empty_text("", self._why_not(shown))
            plot.changed(is_log=options.is_log and key == "loss")

    def _why_not(self, shown: list[Shown]) -> str:
        if not shown:
            return "No run that is shown has this scalar"
        if not any(can_stand(one.run, self.options.axis) for one in shown):
            return "These logs do not say how many steps make an epoch"
        return "Drawn as the steps go on"

    def _drawn(self, key: str) -> list[Shown]:
        """Return the runs that have curves in a plot, the one that is looked at last."""
        tag, found = self.options.tags.get(key, ""), []
        names, chosen = names_of(self._runs.paths), self.chosen
        for one in sorted(self._runs.shown, key=lambda one: one is chosen):
            if one.run is None or one.path in self.options.hidden:
                continue
            train, val = _lines(one, key, tag)
            if train is not None or val is not None:
                colour = self.options.colour(one.path)
                found.append(Shown(names[one.path], colour, one.run, train, val))
        return found

    def _table(self, key: str) -> str:
        return table_of(self._drawn(key), key)

    def _drawing(self, key: str, is_whole: bool) -> Drawing | None:
        options = self.options
        is_share = key == "accuracy" and not options.tags.get(key)
        look = Look(options.axis, options.is_log and key == "loss", is_share)
        return drawing_of(self._drawn(key), look, self.run, is_whole=is_whole)

    def _baseline(self) -> str:
        """Say what naming the largest class alone would reach."""
        shares = () if self.run is None else self.run.about.class_shares
        return f"largest class: {max(shares):.2f}" if shares else ""

    def _tag_groups(self, key: str) -> tuple[ChoiceGroup, ...]:
        """Return the scalars that may be drawn, where the log has more than the usual ones."""
        run = self.run
        if run is None or run.kind == "deepvis":
            return ()
        usual = Choice("", f"{key.capitalize()}, as the log names it")
        tags = tuple(Choice(tag, tag) for tag in run.scalars)
        return (ChoiceGroup("", (usual,)), ChoiceGroup("Scalars of the log", tags))

    def _pick_tag(self, key: str, tag: str) -> None:
        tags = {name: one for name, one in self.options.tags.items() if name != key}
        self.options.tags = {**tags, key: tag} if tag else tags

    # The step that is pointed at

    def _point(self, key: str, place: float | None) -> None:
        run, line = self.run, self._line(key)
        if place is None or run is None:
            self.options.hovered = None
            return
        step = step_at(place, run, self.options.axis, line)
        self.options.hovered = None if step is None else min(step, run.step)

    def _show_step(self, *_: object) -> None:
        run, step = self.run, self.options.hovered
        for key, plot in self._view.curves.plots.items():
            place = None
            if step is not None and run is not None:
                place = place_of(step, run, self.options.axis, self._line(key))
            plot.set_pointed(place)
        for section in self._view.sections:
            section.show_run(run, step)

    def _line(self, key: str) -> Line | None:
        """Return a curve that tells where the steps of the run that is looked at lie in time."""
        one = self.chosen
        lines = [] if one is None else _lines(one, key, self.options.tags.get(key, ""))
        return next((line for line in lines if line is not None), None)


def _lines(one: Followed, key: str, tag: str) -> tuple[Line | None, Line | None]:
    """Return what is drawn of a run in a plot: solid, and dashed."""
    if tag:
        return one.lines.get(tag), None
    train = next((one.lines[name] for name in TRAIN[key] if name in one.lines), None)
    return train, one.lines.get(f"{VAL}{key}")
