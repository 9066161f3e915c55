"""Preferred images of the picked unit: shown when stored, made when not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest, SynthesisStatus
from deepvis_app.errors import UserError
from deepvis_app.known.job_words import share_of, step_text
from deepvis_app.known.seed_pictures import SeedPictures
from deepvis_app.nets import Unit
from deepvis_app.state.preferred import SEEDS, Colours
from deepvis_app.synth import Sample, made_together
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.kit.run_bar import RunState
from deepvis_app.ui.panels.preferred.results import ResultsPresenter, caption_of, colours_of, tip_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine import EngineStatus
    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.preferred.view import PreferredView

SETTLE_S = 0.4  # how long a unit is looked at before pictures of it are begun
FIRST_LOOK_S = 0.03  # for stored pictures, at once
LATER_LOOK_S = 0.008  # in every tick after
TOGETHER_S = 0.04  # stored pictures are waited for, so that they come in one go
PAGE = "preferred"  # key of the inspector's page


class PreferredPresenter:
    """Keeps the page in step with the picked unit, the recipe and the jobs."""

    def __init__(self, view: PreferredView, desk: Desk) -> None:
        self._view = view
        self._jobs, self._gallery = desk.jobs, desk.kept.pictures
        self._selection, self._sight = desk.selection, desk.sight
        self._options = desk.options.preferred
        self._network: Network | None = None
        self._seeds: SeedPictures | None = None
        self._unit: Unit | None = None
        self._looked_s = 0.0  # when stored pictures were first asked for
        self._has_found = False  # some of them, which are not shown yet
        self._begin_at: float | None = None
        self._is_asked = False  # for pictures, before it was known what is not there
        self._may_turn = False  # to other seeds, where all of these are there
        self._makes_anew = False  # what was under way is begun again by another recipe
        self._own: set[int] = set()  # jobs begun without being asked for
        self._ahead: set[int] = set()  # jobs for the neighbours
        self._is_dirty = True
        self.results = ResultsPresenter(view, desk)
        self._connect()

    # What is looked at

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._seeds = None
        self._unit = None
        self._is_dirty = True

    def mark_dirty(self, *_: object) -> None:
        """The unit, the recipe or the page changed: look anew at the next tick."""
        self._is_dirty = True

    def tick(self, status: EngineStatus) -> None:
        """Do a little of what is to be done; called by the display clock."""
        if self._is_dirty:
            self._is_dirty = False
            self._look()
        if self._is_open():
            self._tell_age(learns=status.followed is not None)
        if self._seeds is None or not self._is_open():
            return
        if not self._seeds.is_looked_up:
            self._has_found |= self._seeds.look_up(LATER_LOOK_S)
            is_late = time.monotonic() - self._looked_s > TOGETHER_S
            if self._seeds.is_looked_up or (self._has_found and is_late):
                self._has_found = False
                self._show()
        elif self._is_asked:
            self._begin_asked()
        elif self._begin_at is not None and time.monotonic() >= self._begin_at:
            self._begin_at = None
            self._begin(by_itself=True)
        else:
            self.results.load_history()

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Take what the jobs have made since."""
        known = {status.id for status in statuses}
        self._own &= known
        self._ahead &= known
        if self._seeds is None or not self._is_open():
            return
        before = (len(self._seeds.all_made()), self._seeds.jobs)
        self._seeds.take(statuses)
        if before[1] or self._seeds.jobs or not self._seeds.is_looked_up:
            self._show()
            if before[1] and not self._seeds.jobs:
                self.results.forget_history()

    def begin(self) -> None:
        """Make what is not there; when all is, other seeds."""
        self._sight.show_page(PAGE)
        if self._earlier():
            self._seeds = None  # those of the present weights are not there, or are looked for
        self.mark_dirty()
        self._look()
        self._is_asked = self._may_turn = self._seeds is not None
        self._begin_asked()

    def _begin_asked(self) -> None:
        """Make what was asked for once it is known what is not there; else at a later tick."""
        seeds, unit = self._seeds, self._unit
        if seeds is None or unit is None:
            self._is_asked = False
            return
        seeds.look_up(FIRST_LOOK_S)
        if not seeds.is_looked_up:
            return
        if self._may_turn and not seeds.jobs and not seeds.missing():
            self._may_turn = False
            self._options.open_seed(unit, self._options.first_seed(unit) + SEEDS)
            self._look()
            self._begin_asked()
            return
        self._is_asked = False
        self._begin(by_itself=False)

    def toggle_held(self) -> None:
        """Hold what is under way for this unit, or go on with it."""
        held = self._view.run.state() is RunState.PAUSED
        self._resume() if held else self._pause()

    def change_colours(self) -> None:
        """Show faint pictures stretched, none, all, and so on."""
        ways = list(Colours)
        self._options.colours = ways[(ways.index(self._options.colours) + 1) % len(ways)]

    def _earlier(self) -> int:
        """Return how many of the pictures that are looked at are of weights of before."""
        now = "" if self._network is None else self._network.last_fingerprint
        return sum(not made.is_of(now) for made in self.results.shown())

    def _tell_age(self, *, learns: bool) -> None:
        """Say what is of weights of before, while a network learns on."""
        count = self._earlier() if learns else 0
        which = "Of earlier" if count == len(self.results.shown()) else "Some are of earlier"
        words = f"{which} weights: the network has learned on" if count else ""
        if words != self._view.age.text():
            self._view.age.set_notice(words, is_bad=False)
            self._show()

    def _is_open(self) -> bool:
        return self._sight.inspects and self._sight.page == PAGE

    def _look(self) -> None:
        """Turn to the picked unit, the present recipe and seeds, when these are others."""
        unit = self._selection.as_unit() if self._network else None
        self._jobs.look_at(unit if self._is_open() else None)
        if unit is None or self._network is None:
            self._seeds, self._unit = None, None
            self._show()
            return
        if unit != self._unit:
            self._leave(unit)
        if not self._is_open():
            return
        first = self._options.first_seed(unit)
        seeds = range(first, first + SEEDS)
        recipe = self._options.recipe
        samples = tuple(Sample(unit, seed) for seed in seeds)
        samples = made_together(samples, recipe.objective.diversity)
        old = self._seeds
        if old is not None and old.samples == samples and old.recipe.key == recipe.key:
            return
        self._seeds = SeedPictures(self._gallery, self._network.last_fingerprint, samples, recipe)
        self._looked_s = time.monotonic()
        self._has_found = self._seeds.look_up(FIRST_LOOK_S)
        begins = self._options.by_itself or self._makes_anew
        self._begin_at = time.monotonic() + SETTLE_S if begins else None
        self._makes_anew = False
        self.results.turn_to(self._network, unit, self._seeds)
        self._show()

    def _leave(self, unit: Unit) -> None:
        """Stop what was begun for the last unit only because it was looked at."""
        wanted = {status.id for status in self._jobs.statuses() if _is_for(status, unit)}
        for job in (self._own | self._ahead) - wanted:
            self._jobs.cancel(job)
        self._own &= wanted
        self._ahead &= wanted
        self._unit = unit
        self._seeds = None
        self._is_asked = False

    # Making

    def _begin(self, *, by_itself: bool) -> None:
        if self._seeds is None:
            return
        missing = self._seeds.missing()
        if missing:
            request = SynthesisRequest(missing, self._seeds.recipe, Purpose.LOOK)
            job = self._jobs.submit(request)
            self._seeds.await_job(job)
            if by_itself:
                self._own.add(job)
        if by_itself:
            self._prefetch()
        self.take(self._jobs.statuses())
        self._show()

    def _prefetch(self) -> None:
        """Let the first pictures of the units beside this one be made when nothing else is."""
        if self._seeds is None or self._unit is None:
            return
        for index in self._sight.neighbours(self._unit.layer, self._unit.index):
            sample = Sample(Unit(self._unit.layer, index))
            request = SynthesisRequest((sample,), self._seeds.recipe, Purpose.PREFETCH)
            self._ahead.add(self._jobs.submit(request))

    def _stop(self) -> None:
        self._begin_at = None
        self._for_jobs(self._jobs.cancel)

    def _pause(self) -> None:
        self._for_jobs(self._jobs.pause)

    def _resume(self) -> None:
        self._for_jobs(self._jobs.resume)

    def _for_jobs(self, action: Callable[[int], None]) -> None:
        """Do something with every job that is under way for these pictures."""
        for job in self._seeds.jobs if self._seeds else ():
            action(job.id)
        self.take(self._jobs.statuses())

    def _on_recipe(self, *_: object) -> None:
        """Steer what is under way where that can be; else turn to the other recipe."""
        seeds, recipe = self._seeds, self._options.recipe
        for ahead in self._ahead:  # the neighbours' pictures would be of the old recipe
            self._jobs.cancel(ahead)
        self._ahead.clear()
        growing = [j for j in (seeds.jobs if seeds else ()) if j.state is not JobState.WAITING]
        self._is_dirty = True
        if seeds is None or not growing or not self._options.is_changed:
            return
        try:
            for job in seeds.jobs:
                self._jobs.change(job.id, recipe)
        except UserError:  # another kind of picture: begin anew, as they were being made
            self._stop()
            self._makes_anew = True
            return
        seeds.steer(recipe)

    # Showing

    def _connect(self) -> None:
        view, options = self._view, self._options
        self._selection.events.connect(self.mark_dirty)
        options.events.recipe.connect(self._on_recipe)
        options.events.by_itself.connect(self._on_by_itself)
        options.events.colours.connect(lambda *_: self._show())
        view.colours_picked.connect(lambda colours: setattr(options, "colours", colours))
        view.by_itself_toggled.connect(lambda on: setattr(options, "by_itself", on))
        view.run.start_requested.connect(self.begin)
        view.run.pause_requested.connect(self._pause)
        view.run.resume_requested.connect(self._resume)
        view.run.stop_requested.connect(self._stop)
        self._sight.events.page.connect(self.mark_dirty)
        for name in ("is_inspecting", "is_narrow", "is_drawn"):
            getattr(self._sight.events, name).connect(self.mark_dirty)
        options.events.seeds_of.connect(self.mark_dirty)
        view.set_by_itself(options.by_itself)
        self._show()

    def _on_by_itself(self, on: bool) -> None:
        self._view.set_by_itself(on)
        self._begin_at = time.monotonic() if on else None

    def _show(self) -> None:
        seeds = self._seeds
        self._view.set_colours(self._options.colours)
        if seeds is None:
            self._view.set_cells([Cell(words="" if i else "No unit picked") for i in range(SEEDS)])
            self._view.run.set_state(RunState.OFF, "Pick a unit first")
            self._view.set_curves((), 0, None)
            self._view.set_curve_end("", None)
            self._view.set_detail("")
            return
        first = self._options.first_seed(self._unit)
        self._view.set_detail(f"{first}–{first + SEEDS - 1}" if first else "")
        self._view.set_cells([self._cell(seeds, sample) for sample in seeds.samples])
        waits, more = self._begin_at is not None, "them anew" if self._view.age.text() else "others"
        self._view.run.set_state(*_run_state(seeds, waits=waits, more=more))
        self.results.show()

    def _cell(self, seeds: SeedPictures, sample: Sample) -> Cell:
        made = seeds.made(sample)
        if made is not None:
            picture = colours_of(made, self._network, self._options.colours)
            return Cell(picture, caption_of(made), tip=tip_of(made))
        if not seeds.is_looked_up:
            return Cell()
        state = seeds.state_of(sample)
        words = {JobState.PAUSED: "paused", None: f"seed {sample.seed}"}.get(state, "waiting")
        return Cell(words=words, tip=f"The picture of seed {sample.seed} is not made yet")


def _run_state(
    seeds: SeedPictures, *, waits: bool, more: str
) -> tuple[RunState, str, float | None]:
    """Return what the run bar shows; `more`: what it makes where all pictures are there."""
    jobs = seeds.jobs
    if not jobs:
        stored = sum(made.stored is not None for made in seeds.all_made())
        if waits and seeds.missing():
            return RunState.IDLE, "begins in a moment", 0.0
        if not stored:
            return RunState.IDLE, "not made yet" if seeds.is_looked_up else "", 0.0
        rest = "" if stored == len(seeds.samples) else f" of {len(seeds.samples)}"
        makes = f" · “Make” makes {more}" if not rest else ""
        return RunState.IDLE, f"{stored}{rest} stored{makes}", 0.0
    states = {job.state for job in jobs}
    job = next((j for j in jobs if j.state is JobState.RUNNING), jobs[0])
    if JobState.RUNNING in states:
        return RunState.RUNNING, step_text(job), share_of(job)
    if JobState.WAITING in states:
        return RunState.WAITING, step_text(job), share_of(job)
    return RunState.PAUSED, step_text(job), share_of(job)


def _is_for(status: JobStatus, unit: Unit) -> bool:
    samples = status.samples if isinstance(status, SynthesisStatus) else ()
    return any(sample.objective == unit for sample in samples)
