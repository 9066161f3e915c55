"""Whole-layer mode: the grids show preferred images, and the rest is made on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest, SynthesisStatus
from deepvis_app.known.job_words import share_of
from deepvis_app.known.layer_pictures import LayerPictures
from deepvis_app.known.seed_pictures import UNDER_WAY
from deepvis_app.state.appearance import GridShows
from deepvis_app.ui.kit.run_bar import RunState
from deepvis_app.ui.panels.grid.fillings import Fillings
from deepvis_app.words.quantities import time_text, units_text

if TYPE_CHECKING:
    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.view import GridPane, GridView

LOOK_S = 0.006  # for stored pictures, in every tick
STEP_PER_FORWARD = 3.2  # a step's time in forward passes: there, and back through the network


class PictureGridPresenter:
    """Takes the place of the readings' mosaics while the grids show pictures."""

    def __init__(self, view: GridView, desk: Desk) -> None:
        self._view = view
        self._jobs = jobs = desk.jobs
        self._gallery = desk.kept.pictures
        self._selection = desk.selection
        self._options = options = desk.options.view
        self._preferred = desk.options.preferred
        self._network: Network | None = None
        self.grids: Fillings[LayerPictures] = Fillings(lasts=False)  # jobs end meanwhile
        self._statuses: tuple[JobStatus, ...] = ()
        self._step_s: float | None = None  # measured on this network
        self._makes_all = False  # asked for before it was known what is missing
        self.forward_ms = 0.0
        view.shows_picked.connect(lambda shows: setattr(options, "grid_shows", shows))
        view.run.start_requested.connect(self._make_all)
        view.run.pause_requested.connect(lambda: self._for_jobs(jobs.pause))
        view.run.resume_requested.connect(lambda: self._for_jobs(jobs.resume))
        view.run.stop_requested.connect(lambda: self._for_jobs(jobs.cancel))

    @property
    def is_on(self) -> bool:
        return self._options.grid_shows is GridShows.PREFERRED

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.grids.clear()
        self._step_s = None

    def keep(self, layers: tuple[str, ...]) -> None:
        """Forget grids that are not shown any more; all of them while activity is shown."""
        self.grids.keep(layers, is_on=self.is_on)

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        self._statuses = statuses
        self._measure(statuses)
        if not self.is_on:
            return
        for pictures in self.grids.known.values():
            pictures.take(statuses)
        self._show_run()

    def tick(self) -> None:
        """Look a few pictures up and show what is new."""
        if not self.is_on or self._network is None:
            return
        for layer, layout in self.grids.plans.items():
            pictures, plan, units = self._pictures(layer), layout.plan, layout.units
            pictures.look_up(units, plan.tile_px, LOOK_S)
            shown = (pictures, pictures.version, *layout.key)
            if self.grids.shown.get(layer) != shown:
                self.grids.shown[layer] = shown
                mosaic = pictures.mosaic(units, plan.tile_px, plan.columns)
                layout.pane.set_pictures(mosaic, layout.order, layout.seen[0])
                self._show_count(layout.pane, pictures)
        here = self.grids.known.get(self._selection.layer)
        if self._makes_all and here is not None and here.is_looked_up:
            self._make_all()

    def _pictures(self, layer: str) -> LayerPictures:
        pictures = self.grids.known.get(layer)
        recipe = self._preferred.recipe
        if pictures is None or pictures.recipe.key != recipe.key:
            assert self._network is not None
            units = self._network.layer(layer).unit_count
            fingerprint = self._network.last_fingerprint
            mean = self._network.preprocessing.mean_colour()
            pictures = LayerPictures(self._gallery, fingerprint, layer, units, recipe, mean)
            pictures.take(self._statuses)
            self.grids.known[layer] = pictures
        return pictures

    def _show_count(self, pane: GridPane, pictures: LayerPictures) -> None:
        made = f"{pictures.made} made by “{pictures.recipe.name}”"
        pane.set_count(f"{units_text(pictures.units)} · {made}")

    # Making

    def _under_way(self) -> list[SynthesisStatus]:
        """Return the jobs under way for the picked layer as a whole."""
        layer = self._selection.layer
        return [
            status
            for status in self._statuses
            if isinstance(status, SynthesisStatus)
            and status.purpose is Purpose.LAYER
            and status.state in UNDER_WAY
            and getattr(status.samples[0].objective, "layer", None) == layer
        ]

    def _for_jobs(self, action: object) -> None:
        for status in self._under_way():
            action(status.id)  # type: ignore[operator]

    def make_all_when_known(self) -> None:
        """Make what is missing as soon as it is known what is."""
        self._makes_all = True

    def _make_all(self) -> None:
        self._makes_all = False
        pictures = self.grids.known.get(self._selection.layer)
        if pictures is not None and not self._under_way() and (missing := pictures.missing()):
            request = SynthesisRequest(missing, pictures.recipe, Purpose.LAYER)
            self._jobs.submit(request)
            self.take(self._jobs.statuses())

    def _show_run(self) -> None:
        bar, pictures = self._view.run, self.grids.known.get(self._selection.layer)
        jobs = self._under_way()
        if pictures is None:
            bar.set_state(RunState.OFF, "")
        elif jobs:
            running = next((j for j in jobs if j.state is JobState.RUNNING), jobs[0])
            state = {
                JobState.RUNNING: RunState.RUNNING,
                JobState.PAUSED: RunState.PAUSED,
            }.get(running.state, RunState.WAITING)
            bar.set_state(state, _job_text(running), share_of(running))
        elif not pictures.is_looked_up:
            bar.set_state(RunState.OFF, "looking for stored pictures…")
        elif missing := len(pictures.missing()):
            bar.set_state(RunState.IDLE, self._estimate(missing, pictures))
        else:
            many = f"all {pictures.units} units are" if pictures.units != 1 else "the one unit is"
            bar.set_state(RunState.OFF, f"{many} made")

    def _measure(self, statuses: tuple[JobStatus, ...]) -> None:
        """Learn from what is made how long a step of one picture takes."""
        for status in statuses:
            if not isinstance(status, SynthesisStatus) or status.state is not JobState.RUNNING:
                continue
            if not status.seconds_left or not status.total:
                continue
            in_work = len(status.previews.keys() - status.results.keys())
            left = status.wanted - status.made - in_work * status.step / status.total
            if left > 0:
                self._step_s = status.seconds_left / left / status.total

    def _estimate(self, missing: int, pictures: LayerPictures) -> str:
        """Return "256 units, about 14 min": by the steps' time where it is known."""
        step_s = self._step_s or STEP_PER_FORWARD * self.forward_ms / 1000
        text = f"{missing} unit" + ("s" if missing != 1 else "")
        if not step_s:
            return f"{text} to make"
        return f"{text}, about {time_text(missing * pictures.recipe.stop.steps * step_s)}"


def _job_text(status: JobStatus) -> str:
    parts = [f"{status.made} of {status.wanted} made"]
    if status.state is not JobState.RUNNING:
        parts.append(status.state.value)
    elif status.seconds_left is not None:
        parts.append(f"about {time_text(status.seconds_left)} left")
    parts += status.notes[-1:]
    return " · ".join(parts)
