"""Play: the settings of a technique, its runs, and what is shown of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.known_array import KnownArray
from deepvis_app.state.play import PLAY, PlayShows
from deepvis_app.ui.panels.play.asking import barred, frame_role, goes_on, request_of
from deepvis_app.ui.panels.play.files_read import FilesRead
from deepvis_app.ui.panels.play.filming import FilmPresenter
from deepvis_app.ui.panels.play.given import Given, GivenPictures, frame_name
from deepvis_app.ui.panels.play.live import TIPS, LiveShowing, live_barred, live_readers
from deepvis_app.ui.panels.play.runs import Run
from deepvis_app.ui.panels.play.settings import SettingsPresenter
from deepvis_app.ui.panels.play.showing import Showing
from deepvis_app.ui.panels.play.stages import TECHNIQUE as STAGED
from deepvis_app.ui.panels.play.stages import StagesPresenter
from deepvis_app.ui.panels.play.telling import mend_of

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.engine import JobStatus
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Spec, Technique
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick
    from deepvis_app.ui.panels.play.view import PlayView

REST_S = 0.35  # after the last change of a setting, before it is acted on


class PlayPresenter:
    """One run a technique is shown; what it gave stays until the next one has something."""

    def __init__(self, view: PlayView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self.options = desk.options.play
        self._jobs, self._sight = desk.jobs, desk.sight
        self.settings = SettingsPresenter(view, desk, self._will_run)
        self.given = GivenPictures()
        self.runs: dict[str, Run] = {}  # by technique
        self._files = FilesRead(desk.engine, self._take_file, self._tell_fault)
        self.showing = Showing(view, desk, self.given)
        self.live = LiveShowing(view)
        self.film = FilmPresenter(
            view, desk, self.settings, self.given, self.showing, self._turn_to_film
        )
        self.stages = StagesPresenter(view.stages, desk.jobs, self._show_stage)
        self.network: Network | None = None
        self._snapshot: Snapshot | None = None
        self._now_s = 0.0
        self._awaited = ""  # the role for which the next frame is taken
        self._due_s: float | None = None  # when a change is acted on
        self._keeps_picture = True  # a change goes on from the present picture
        self._connect()

    @property
    def how(self) -> Technique[Any]:
        return self.options.how

    @property
    def run(self) -> Run | None:
        """The run that is shown."""
        return self.runs.get(self.options.technique)

    def spec(self) -> Spec:
        """Return the settings in force."""
        return self.settings.in_force()

    @property
    def is_live(self) -> bool:
        """Whether every frame is played with."""
        return self.options.is_live and bool(live_readers(self.how.key, self.spec(), self.network))

    # In every round

    def ask(self) -> tuple[Asked, ...]:
        """Return what changes every frame, while it is live."""
        return live_readers(self.how.key, self.spec(), self.network) if self.options.is_live else ()

    def set_network(self, network: Network | None) -> None:
        """Take another network: what was asked of the old one is in the list of jobs still."""
        self.network = self.settings.network = network
        if live_barred(self.how.key, network):
            self.options.is_live = False
        self._snapshot, self._due_s = None, None
        self.runs.clear()
        self.showing.attack.forget()
        self.film.forget()
        self.stages.forget()
        self.options.pair = None
        self.show()

    def tick(self, tick: Tick) -> None:
        self._now_s = tick.now_s
        if tick.snapshot is not None:
            is_first = self._snapshot is None
            self._snapshot = tick.snapshot
            if self.is_live and self._is_seen() and self.network is not None:
                self.live.show(tick.snapshot, self.network, self.spec())
            elif self._is_seen() and self.film.is_shown:
                self.film.show_live(tick.snapshot)
            elif self._is_seen() and self.run is None:
                self.showing.show_live(tick.snapshot)
            if is_first and self._awaited:
                self.take_frame(self._awaited)
            elif is_first:
                self.show_run()
        self._files.tick()
        if tick.jobs is not None:
            self.take(tick.jobs)
        if self._due_s is not None and tick.now_s >= self._due_s:
            self._act_on_change()

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Show what the jobs have made since."""
        for technique, run in self.runs.items():
            if run.take(statuses, self._now_s) and technique == self.options.technique:
                self.show_run()
        if self.film.take(statuses):
            self.show_run()
        self.stages.take(statuses, self._now_s)
        self._show_every()

    def _is_seen(self) -> bool:
        return self._sight.is_visible and self._sight.workspace == PLAY

    # Running

    def press(self) -> None:
        """Run, stop, go on, or run again: what the first button says; it rests while live."""
        if self.is_live:
            return
        run = self.run
        if self.film.press():
            return
        if run is None or run.is_over:
            self.begin(is_again=run is not None)
        elif run.is_held:
            self._jobs.resume(run.job)
        else:
            self._jobs.pause(run.job)

    def take_frame(self, role: str = "") -> None:
        """Take the frame that is shown now, for a role or the technique's first, and run.

        What is live ends with it.
        """
        taken = role or frame_role(self.how, self.spec())
        if not taken:
            return
        if self._snapshot is None:
            self._awaited = taken  # the page may be opened by this very wish
            self._tell_fault("Waiting for a frame: open a camera, a video or a picture")
            return
        self._awaited = ""
        self.options.is_live = False
        self._give_frame(taken, self._snapshot)
        self._tell_fault("")
        if role and not self._is_complete():
            self.show_run()
            return
        self.begin()

    def _give_frame(self, role: str, snapshot: Snapshot) -> None:
        view, frame = self._desk.options.view, snapshot.frame
        self.given.give(role, Given(frame.image, frame_name(frame), view.fit, view.mirror))

    def begin(self, *, is_again: bool = False, start: KnownArray | None = None) -> None:
        """Run with the present settings and pictures; again with nothing changed: another seed."""
        role = frame_role(self.how, self.spec())
        if role and self.given.get(role) is None and self._snapshot is not None:
            self.take_frame()
            return
        if self.network is None or self._barred():
            self.show_run()
            return
        self._due_s = None
        self.film.leave()
        how, seed = self.how, self.options.seed
        request = request_of(how, self.spec(), self.network, self.given, seed, start)
        old = self.run
        if is_again and old is not None and old.played is not None and request == old.request:
            self.options.seed += 1
            request = replace(request, seed=self.options.seed)
        self._end(old)
        self.stages.leave()
        run = Run(
            request, self._jobs.submit(request), self.network.last_fingerprint, self._now_s,
            last=None if old is None else old.last,
        )  # fmt: skip
        self.runs[self.options.technique] = run
        self.show_run()

    def _end(self, run: Run | None) -> None:
        """Make no more of a run that another one takes the place of."""
        if run is not None and not run.is_over and not run.is_shared:
            self._jobs.cancel(run.job)

    def _barred(self) -> str:
        has_frame = self._snapshot is not None
        return barred(self.how, self.spec(), self.network, self.given, has_frame=has_frame)

    def _is_complete(self) -> bool:
        return self.network is not None and not self._barred()

    # Every layer

    def toggle_every(self) -> None:
        """Have the same picture made from every stage of the network, or make no more of it."""
        if self.stages.is_running:
            self.stages.stop()
            return
        role = frame_role(self.how, self.spec())
        if self.given.get(role) is None and self._snapshot is not None:
            self._give_frame(role, self._snapshot)
        given = self.given.get(role)
        if self.network is None or given is None or self.how.key != STAGED:
            self.show_run()
            return
        known = self.given.of(self.how.roles[0], self.network)
        if known is not None:
            spec, seed = self.options.spec, self.options.seed
            self.stages.begin(self.network, known, given.name, spec, seed, self._now_s)
        self.show_run()

    def _show_stage(self, run: Run) -> None:
        """Show one of the stages large; what is changed then is changed of that layer."""
        if self.run is not run:
            self._end(self.run)
        self.runs[STAGED] = run
        self.options.change("layer", getattr(run.request.spec, "layer", ""))
        self.show_run()

    def _show_every(self) -> None:
        can = self.how.key == STAGED and self.network is not None and not self._barred()
        self._view.result.run.set_every(can, is_running=self.stages.is_running)

    # Settings

    def turn_to(self, technique: str) -> None:
        self.options.technique = technique

    def mend(self) -> None:
        """Do what the notice offers, such as a smaller step, and begin anew."""
        if self.film.is_shown:
            self.film.play()
            return
        found = None if self.run is None else mend_of(self.run, self.network)
        if found is not None:
            self.settings.change(found.path, found.value)
            self._keeps_picture = False

    def _will_run(self, keeps_picture: bool) -> None:
        """Run again once the hand rests, where there is a run."""
        if self.run is not None and not self.is_live and not self.film.is_shown:
            was_due = self._due_s is not None
            self._keeps_picture = keeps_picture and (self._keeps_picture or not was_due)
            self._due_s = self._now_s + REST_S

    def _act_on_change(self) -> None:
        self._due_s = None
        run, start = self.run, None
        if self._keeps_picture and goes_on(self.how) and run is not None and run.is_own:
            assert run.last is not None
            start = KnownArray.of(run.last.copy())
        self.begin(start=start)

    # Pictures by role

    def take_file(self, role: str, path: Path) -> None:
        """Have a picture read; one that cannot be leaves the old one."""
        self._files.ask(role, path)

    def take_away(self, role: str) -> None:
        self.given.take_away(role)
        self._will_run(False)
        self.show_run()

    def _take_file(self, role: str, picture: Given) -> None:
        self.given.give(role, picture)
        self._tell_fault("")
        if role == frame_role(self.how, self.spec()) and self._is_complete():
            self.begin()
            return
        self._will_run(False)
        self.show_run()

    def _tell_fault(self, words: str) -> None:
        self._view.page.fault.set_notice(words)

    # Showing

    def show(self, *_: object) -> None:
        """Show everything as it is now."""
        how, view, options = self.how, self._view, self.options
        view.turn_to(how.key)
        self.showing.attack.forget_shown()
        has_live = how.key in TIPS
        why_not = live_barred(how.key, self.network)
        view.head.set_live(options.is_live if has_live else None, TIPS.get(how.key, ""), why_not)
        self.stages.set_seen(how.key == STAGED)
        view.head.set_technique(how.key, how.sentence)
        self.settings.show()
        view.page.run.set_curve(how.curve, (), 0)
        view.result.set_compare(options.shows.value)
        view.result.pair.set_split(options.split)
        self.show_run()

    def show_run(self, *_: object) -> None:
        """Show how far the run is and what it has made."""
        self._show_every()
        why_not = self._barred()
        self.film.show_offer(why_not)
        if self.film.is_shown and not self.is_live:
            self.showing.show_roles(self.network)
            self.film.show()
            return
        self._view.page.run.set_film(False)
        if self.is_live:
            self.live.show_controls()
        else:
            self.showing.show(self.network, self._snapshot, self.spec(), self.run, why_not)

    def _turn_to_film(self) -> None:
        self._due_s = None
        self.show_run()

    def _turned(self, *_: object) -> None:
        self._due_s = None
        self._tell_fault("")
        if self.how.key not in TIPS or live_barred(self.how.key, self.network):
            self.options.is_live = False
        self.show()

    def _leave(self, workspace: str, *_: object) -> None:
        """What is not seen changes no frame."""
        if workspace != PLAY:
            self.options.is_live = False

    def _show_compare(self, *_: object) -> None:
        self._view.result.set_compare(self.options.shows.value)
        self.show_run()

    def _connect(self) -> None:
        view, events = self._view, self.options.events
        view.head.technique_picked.connect(self.turn_to)
        for page in view.pages:
            page.run.pressed.connect(self.press)
            page.run.anew_requested.connect(self.begin)
            page.run.mend_requested.connect(self.mend)
            page.roles.frame_requested.connect(self.take_frame)
            page.roles.file_chosen.connect(self.take_file)
            page.roles.removed.connect(self.take_away)
        result = view.result
        result.compare_picked.connect(lambda key: setattr(self.options, "shows", PlayShows(key)))
        result.pair.split_moved.connect(lambda share: setattr(self.options, "split", share))
        result.pair.scale_changed.connect(lambda _: self.showing.show_size())
        result.run.every_requested.connect(self.toggle_every)
        view.head.live_toggled.connect(lambda on: setattr(self.options, "is_live", on))
        events.is_live.connect(self.show)
        self._sight.events.workspace.connect(self._leave)
        events.technique.connect(self._turned)
        events.shows.connect(self._show_compare)
        events.split.connect(lambda *_: result.pair.set_split(self.options.split))
        self._desk.sight.events.is_narrow.connect(lambda on, *_: view.set_narrow(on))
        view.set_narrow(self._desk.sight.is_narrow)
