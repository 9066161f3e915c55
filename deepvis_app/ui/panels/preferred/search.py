"""The random search over recipes: a few jobs at a time, the best picture first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.synthesis import SynthesisRequest
from deepvis_app.errors import UserError
from deepvis_app.known.job_words import share_of, step_text
from deepvis_app.known.variations import Trial, Variations
from deepvis_app.synth.scores import NATURAL_SLOPE
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.kit.run_bar import RunState
from deepvis_app.ui.panels.preferred.results import colours_of
from deepvis_app.ui.panels.preferred.variation_card import Opened
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.nets import Network, Unit
    from deepvis_app.synth import Recipe
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.preferred.view import PreferredView

MOST_OPEN = 3  # jobs at a time, so that their list can still be read
FIRST_LOOK_S = 0.03  # for stored pictures, at once
LATER_LOOK_S = 0.008  # in every tick after


class SearchPresenter:
    """A search belongs to one unit of one network; it ends with the look at these."""

    def __init__(self, view: PreferredView, desk: Desk, on_made: Callable[[], None]) -> None:
        self._view = view
        self._panel = view.search
        self._jobs, self._gallery = desk.jobs, desk.kept.pictures
        self._selection = desk.selection
        self._options = options = desk.options.preferred
        self._notices = desk.notices
        self._on_made = on_made  # there are new pictures of the unit
        self._network: Network | None = None
        self._unit: Unit | None = None
        self._search: Variations | None = None
        self._chosen: Recipe = options.base  # what the search's base was changed from
        self._is_running = False
        self._is_dirty = True
        self._shown: tuple[Trial, ...] = ()
        self._opened: Trial | None = None
        self._connect()

    def set_network(self, network: Network | None) -> None:
        self.stop()
        self._network, self._unit, self._search, self._opened = network, None, None, None
        self._turn()

    def tick(self) -> None:
        """Do a little of what is to be done; called by the display clock."""
        if self._is_dirty:
            self._is_dirty = False
            self._turn()
        search = self._search
        if search is not None and not search.is_looked_up and search.look_up(LATER_LOOK_S):
            self._go_on()
            self._show()

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Take what the jobs have made since."""
        if self._search is not None and self._is_running:
            self._search.take(statuses)
            self._go_on()
            self._show(statuses)

    def start(self) -> None:
        """Try variations of the recipe in use; what is stored is there at once."""
        self._turn()
        if self._network is None or self._unit is None or self._problem():
            return
        options, count = self._options, self._panel.count()
        try:
            self._search = Variations(
                self._gallery, self._network.last_fingerprint, self._unit, options.recipe, count
            )
        except UserError as error:
            self._notices.say(str(error), 6)
            return
        self._chosen = options.base
        self._opened = None
        self._is_running = True
        self._search.look_up(FIRST_LOOK_S)
        self._go_on()
        self._show()

    def stop(self) -> None:
        """Cancel what is under way; what is finished stays in the store."""
        if self._search is not None and self._is_running:
            for trial in self._search.under_way():
                self._jobs.cancel(trial.job or 0)
            self._search.stop()
            self._end()
        self._show()

    def _turn(self) -> None:
        """Leave the search with the unit it was for."""
        unit = self._selection.as_unit() if self._network else None
        if unit != self._unit:
            self.stop()
            self._unit, self._search, self._opened = unit, None, None
        self._show()

    def _go_on(self) -> None:
        """Begin as many as may be open; end when nothing is left."""
        search = self._search
        if search is None or not self._is_running:
            return
        under_way = search.under_way()
        if all(trial.state is not JobState.PAUSED for trial in under_way):
            for trial in search.to_do()[: max(MOST_OPEN - len(under_way), 0)]:
                request = SynthesisRequest((search.sample,), trial.recipe)
                search.began(trial, self._jobs.submit(request))
        if search.is_over:
            self._end()

    def _end(self) -> None:
        self._is_running = False
        self._on_made()

    def _hold(self, action: Callable[[int], None]) -> None:
        """Pause or resume what is under way."""
        for trial in self._search.under_way() if self._search else ():
            action(trial.job or 0)
        self.take(self._jobs.statuses())

    # What is opened

    def _open(self, place: int) -> None:
        if place < len(self._shown):
            self._opened = self._shown[place]
            self._show()
            self._view.scroll_to(self._panel.card)

    def _step(self, by: int) -> None:
        """Open the next better or worse one."""
        seen = [trial for trial in self._shown if trial.made is not None]
        if self._opened in seen:
            place = min(max(seen.index(self._opened) + by, 0), len(seen) - 1)
            self._opened = seen[place]
            self._show()

    def _close(self) -> None:
        self._opened = None
        self._show()

    def _use(self) -> None:
        if self._opened is None or not self._opened.is_over:
            return
        self._options.adopt(self._opened.recipe, self._chosen)
        self._view.scroll_to(self._view.recipe)
        self._notices.say(f"Variation {self._opened.number} is the recipe now: name it to keep it")

    # Showing

    def _connect(self) -> None:
        panel, options = self._panel, self._options
        self._selection.events.connect(self._mark_dirty)
        options.events.recipe.connect(lambda *_: self._show())
        options.events.colours.connect(lambda *_: self._show())
        panel.run.start_requested.connect(self.start)
        panel.run.stop_requested.connect(self.stop)
        panel.run.pause_requested.connect(lambda: self._hold(self._jobs.pause))
        panel.run.resume_requested.connect(lambda: self._hold(self._jobs.resume))
        panel.picked.connect(self._open)
        panel.card.stepped.connect(self._step)
        panel.card.closed.connect(self._close)
        panel.card.use_requested.connect(self._use)

    def _mark_dirty(self, *_: object) -> None:
        self._is_dirty = True

    def _problem(self) -> str:
        """Return why nothing can be searched, "" where it can."""
        if self._unit is None:
            return "Pick a unit first"
        if self._options.recipe.sign < 0:
            return "This recipe seeks what the unit likes least: such pictures have no score"
        return ""

    def _show(self, statuses: tuple[JobStatus, ...] = ()) -> None:
        search, panel = self._search, self._panel
        panel.set_recipe(self._options.recipe.name)
        panel.set_running(self._is_running)
        panel.run.set_state(*self._run_state(statuses))
        self._shown = () if search is None else search.ranked()
        panel.set_cells([self._cell(trial) for trial in self._shown])
        panel.set_opened(self._card())
        self._view.set_searched(self._detail())

    def _detail(self) -> str:
        """Return "4 of 9", and of which recipe where it is not the one in use."""
        search = self._search
        if search is None:
            return ""
        count = f"{search.done} of {len(search.trials)}"
        is_other = search.base.key != self._options.recipe.key
        return f"{count}, of {search.base.name}" if is_other else count

    def _run_state(self, statuses: tuple[JobStatus, ...]) -> tuple[RunState, str, float | None]:
        search = self._search
        problem = self._problem()
        if problem:
            return RunState.OFF, problem, 0.0
        if search is None:
            return RunState.IDLE, "not searched for this unit yet", 0.0
        if not self._is_running:
            return RunState.IDLE, summary_of(search), 0.0
        under_way = search.under_way()
        states = [trial.state for trial in under_way]
        state = RunState.WAITING
        if JobState.RUNNING in states:
            state = RunState.RUNNING
        elif JobState.PAUSED in states:
            state = RunState.PAUSED
        ids = {trial.job for trial in under_way}
        ours = [status for status in statuses if status.id in ids]
        running = [status for status in ours if status.state is JobState.RUNNING]
        text = f"{search.done} of {len(search.trials)} tried"
        if more := step_text(running[0]) if running else "":
            text += f" · {more.partition(' of ')[0]}"
        elif state is RunState.PAUSED:
            text += " · paused"
        share = (search.done + sum(map(share_of, running))) / len(search.trials)
        return state, text, share

    def _cell(self, trial: Trial) -> Cell:
        tip = "\n".join((*lines_of(trial), "", *map(str, trial.differences)))
        if trial.made is not None:
            picture = colours_of(trial.made, self._network, self._options.colours)
            return Cell(picture, _caption_of(trial), tip=tip, is_faint=not trial.is_over)
        words = {
            JobState.FAILED: "failed",
            JobState.CANCELLED: "stopped",
            JobState.PAUSED: "paused",
            JobState.DONE: "gone",
            None: "",
        }.get(trial.state, "waiting")
        if not self._is_running and trial.state is None:
            words = "not tried"
        return Cell(words=words, tip=tip)

    def _card(self) -> Opened | None:
        trial = self._opened
        if trial is None or trial.made is None or self._search is None:
            return None
        in_use = trial.recipe.key == self._options.recipe.key
        why_not = "This is the recipe in use" if in_use else ""
        if not trial.is_over:
            why_not = "Its picture is still growing"
        seen = [each for each in self._shown if each.made is not None]
        return Opened(
            colours_of(trial.made, self._network, self._options.colours),
            f"{seen.index(trial) + 1} of {len(seen)} · variation {trial.number}",
            self._compared(lines_of(trial)),
            trial.differences,
            why_not,
            is_first=trial is seen[0],
            is_last=trial is seen[-1],
        )

    def _compared(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """Return a variation's scores, the merit beside that of the recipe itself."""
        itself = self._search.itself.merit if self._search else None
        if itself is None or not lines[0].startswith("merit"):
            return lines
        return f"{lines[0]} (unchanged {figure(itself)})", *lines[1:]


def summary_of(search: Variations) -> str:
    """Return "best 2.31 · unchanged 1.85", which is the recipe itself."""
    merits = [trial.merit for trial in search.trials if trial.merit is not None]
    parts = [f"best {figure(max(merits))}"] if merits else [f"{search.done} tried"]
    if merits and search.itself.merit is not None:
        parts.append(f"unchanged {figure(search.itself.merit)}")
    failed = sum(trial.state is JobState.FAILED for trial in search.trials)
    return " · ".join([*parts, f"{failed} failed"] if failed else parts)


def lines_of(trial: Trial) -> tuple[str, ...]:
    """Return all scores of a variation in words, a line each."""
    scores, made = trial.scores, trial.made
    if made is None:
        return (trial.problem or f"Variation {trial.number} is not made yet",)
    if not trial.is_over:
        return (f"Still growing, step {len(made.trace)} of {trial.recipe.stop.steps}",)
    if scores is None or trial.merit is None:
        return ("This picture has no scores: it was made without the store",)
    lines = [f"merit {figure(trial.merit)}", f"maximum of the map {figure(scores.activation)}"]
    if scores.excess is not None:
        lines.append(f"{figure(scores.excess)} times the height of the best photograph")
    return (
        *lines,
        f"{100 * scores.kept:.0f} % of it kept when the picture is changed",
        f"rank {scores.rank} in the layer",
        f"spectrum slope {figure(scores.slope)} (photographs {figure(NATURAL_SLOPE)})",
    )


def _caption_of(trial: Trial) -> str:
    if not trial.is_over:
        return f"step {len(trial.made.trace)}" if trial.made else ""
    return "no score" if trial.merit is None else figure(trial.merit)
