"""The curves of Learn, and the step that is pointed at in any of its pictures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.state.learn import Axis
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
from deepvis_app.ui.panels.learn.rows import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.known.lines import Line
    from deepvis_app.known.runs import Followed
    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.kit.plots.drawing import Drawing
    from deepvis_app.ui.panels.learn.curves_view import CurvesView
    from deepvis_app.ui.panels.learn.section import Section


class CurvesPresenter:
    """`sections` are told of the step that is pointed at, as the plots are."""

    def __init__(self, view: CurvesView, sections: Sequence[Section], desk: Desk) -> None:
        self._view, self._sections = view, sections
        self.options, self._runs, self._sight = desk.options.learn, desk.kept.runs, desk.sight
        self._trainings = desk.kept.trainings
        view.curve_picked.connect(lambda key: setattr(self.options, "curve", key))
        view.axis_picked.connect(lambda key: setattr(self.options, "axis", Axis(key)))
        view.smooth_picked.connect(lambda count: setattr(self.options, "smooth", count))
        view.log_toggled.connect(lambda on: setattr(self.options, "is_log", on))
        view.tag_picked.connect(self._pick_tag)
        for key, plot in view.plots.items():
            plot.pointed.connect(lambda place, key=key: self._point(key, place))
            plot.make = partial(self._drawing, key)
            plot.table = partial(self._table, key)
        self.options.events.hovered.connect(self.show_step)

    @property
    def run(self) -> Run | None:
        chosen = self._runs.chosen
        return None if chosen is None else chosen.run

    def show_steps(self, first: int, last: int) -> None:
        """Look closer at some steps of the run that is looked at."""
        run = self.run
        for key, plot in self._view.plots.items():
            line = self._line(key)
            ends = [
                None if run is None else place_of(step, run, self.options.axis, line)
                for step in (first, last)
            ]
            if ends[0] is not None and ends[1] is not None:
                plot.show_places(ends[0], ends[1])

    def show(self) -> None:
        """Show the curves of all runs whose eye is open."""
        options, view, narrow = self.options, self._view, self._sight.is_narrow
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
            return self._awaited() or "No run that is shown has this scalar"
        if not any(can_stand(one.run, self.options.axis) for one in shown):
            return "These logs do not say how many steps make an epoch"
        return "Drawn as the steps go on"

    def _awaited(self) -> str:
        """Say what the curves wait for, "" for nothing."""
        seen = [one for one in self._runs.shown if one.path not in self.options.hidden]
        if not seen:
            return "The curves of every run are hidden: its eye shows them"
        if any(self._trainings.is_alive(one.path) and not one.lines for one in seen):
            return "The curves begin with the first step"
        is_read = all(one.run or one.fault or one.is_gone for one in seen)
        return "" if is_read else "The log is read…"

    def _drawn(self, key: str) -> list[Shown]:
        """Return the runs that have curves in a plot, the one that is looked at last."""
        tag, found = self.options.tags.get(key, ""), []
        names, chosen = names_of(self._runs.paths), self._runs.chosen
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

    def show_step(self, *_: object) -> None:
        run, step = self.run, self.options.hovered
        for key, plot in self._view.plots.items():
            place = None
            if step is not None and run is not None:
                place = place_of(step, run, self.options.axis, self._line(key))
            plot.set_pointed(place)
        for section in self._sections:
            section.show_run(run, step)

    def _line(self, key: str) -> Line | None:
        """Return a curve that tells where the steps of the run that is looked at lie in time."""
        one = self._runs.chosen
        lines = [] if one is None else _lines(one, key, self.options.tags.get(key, ""))
        return next((line for line in lines if line is not None), None)


def _lines(one: Followed, key: str, tag: str) -> tuple[Line | None, Line | None]:
    """Return what is drawn of a run in a plot: solid, and dashed."""
    if tag:
        return one.lines.get(tag), None
    train = next((one.lines[name] for name in TRAIN[key] if name in one.lines), None)
    return train, one.lines.get(f"{VAL}{key}")
