"""The same picture from every stage of the network: a run each, the one that is picked large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.playing import PlayRequest
from deepvis_app.synth.play import strip
from deepvis_app.ui.panels.play.runs import Run
from deepvis_app.ui.panels.play.stage_look import StageLook
from deepvis_app.ui.panels.play.telling import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deepvis_app.engine import Jobs, JobStatus
    from deepvis_app.engine.known_array import KnownArray
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Spec
    from deepvis_app.ui.panels.play.stages_view import StagesView

TECHNIQUE = "invert"  # what every stage is asked by
OWN = ("layer", "steps", "units")  # settings that a stage has of its own


class StagesPresenter:
    """Stages that were made before come back at once: they are jobs like any other."""

    def __init__(self, view: StagesView, jobs: Jobs, show: Callable[[Run], None]) -> None:
        self._view, self._jobs, self._show = view, jobs, show
        self.runs: tuple[Run, ...] = ()
        self._current = -1
        self._is_seen = False
        view.strip.picked.connect(self.pick)

    @property
    def is_running(self) -> bool:
        return any(run.is_running for run in self.runs)

    def begin(
        self, network: Network, picture: KnownArray, name: str, spec: Spec, seed: int, now_s: float
    ) -> None:
        """Ask for the picture from every stage, in the user's own manner otherwise."""
        self.stop()
        own = {k: getattr(spec, k) for k in spec.model_fields_set if k not in OWN}
        requests = (
            PlayRequest(
                TECHNIQUE, each.model_copy(update=own), (("input", picture),), seed,
                (("input", name),),
            )
            for each in strip(network)
        )  # fmt: skip
        network_key, submit = network.last_fingerprint, self._jobs.submit
        self.runs = tuple(
            Run(request, submit(request), network_key, now_s, is_shared=True)
            for request in requests
        )
        self._current = -1
        self.show()

    def stop(self) -> None:
        """End what is not made yet; what is stays."""
        for run in self.runs:
            if not run.is_over:
                self._jobs.cancel(run.job)

    def forget(self) -> None:
        """There is another network, or another picture."""
        self.runs, self._current = (), -1
        self.show()

    def set_seen(self, seen: bool) -> None:
        """Be there for the technique whose strip it is."""
        self._is_seen = seen
        self._view.setVisible(seen and bool(self.runs))

    def take(self, statuses: Iterable[JobStatus], now_s: float) -> None:
        """Show what the jobs have made since."""
        told = tuple(statuses)
        news = [run.take(told, now_s) for run in self.runs]  # of all, not up to the first
        if any(news):
            self.show()
            if 0 <= self._current < len(self.runs):
                self._show(self.runs[self._current])

    def pick(self, place: int) -> None:
        """Show one large."""
        if place < len(self.runs):
            self._current = place
            self.show()
            self._show(self.runs[place])

    def leave(self) -> None:
        """Another picture is shown large."""
        if self._current >= 0:
            self._current = -1
            self.show()

    def show(self) -> None:
        self._view.set_stages([look_of(run) for run in self.runs], self._current)
        self.set_seen(self._is_seen)


def look_of(run: Run) -> StageLook:
    """Return what is shown of a stage."""
    name = str(getattr(run.request.spec, "layer", ""))
    share = 1.0 if run.is_over else run.step / max(run.total, 1)
    return StageLook(name, run.last, note_of(run), share)


def note_of(run: Run) -> str:
    """Return "error 4%", or how far it is."""
    error = None if run.played is None else run.played.facts.get("error")
    if isinstance(error, int | float):
        return f"error {percent(error)}"
    if run.state is JobState.FAILED:
        return run.error.cause if run.error is not None else "failed"
    if run.is_over:
        return "stopped"
    return f"step {run.step}" if run.step else "waiting"
