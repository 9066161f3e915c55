"""A video is filmed: what is asked for it, and how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.filming import FilmStatus
from deepvis_app.errors import UserError
from deepvis_app.fields import form_fields
from deepvis_app.files import free_path, plain_name
from deepvis_app.frames import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from deepvis_app.state.play import PLAY, changed
from deepvis_app.synth.play import FilmSpec
from deepvis_app.ui.panels.play.asking import film_request, films
from deepvis_app.ui.panels.play.film_run import (
    FilmRun,
    empty_words,
    frames_words,
    notice_words,
    progress_words,
)
from deepvis_app.ui.panels.play.telling import made_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine import JobStatus
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.play.given import GivenPictures
    from deepvis_app.ui.panels.play.settings import SettingsPresenter
    from deepvis_app.ui.panels.play.showing import Showing
    from deepvis_app.ui.panels.play.view import PlayView


class FilmPresenter:
    """One film a technique is shown, until a still is made. `turned`: another thing is shown."""

    def __init__(
        self,
        view: PlayView,
        desk: Desk,
        settings: SettingsPresenter,
        given: GivenPictures,
        showing: Showing,
        turned: Callable[[], None],
    ) -> None:
        self._view, self._desk, self._settings = view, desk, settings
        self._given, self._showing, self._turned = given, showing, turned
        self._options, self._button = desk.options.play, view.head.film
        self.runs: dict[str, FilmRun] = {}  # by technique
        self._shown: set[str] = set()  # techniques whose film is on the page
        self._chosen: Path | None = None  # a video that is not the source
        self._folder: Path | None = None  # of the film made last
        self._connect()

    @property
    def run(self) -> FilmRun | None:
        return self.runs.get(self._options.technique)

    @property
    def is_shown(self) -> bool:
        return self._options.technique in self._shown

    def forget(self) -> None:
        """There is another network: what was asked of the old one is in the list of jobs."""
        self.runs.clear()
        self._shown.clear()

    def leave(self) -> None:
        """A still is shown; the film goes on."""
        self._shown.discard(self._options.technique)

    def take(self, statuses: tuple[JobStatus, ...]) -> bool:
        """Take what the jobs have made since; return whether what is on the page is another."""
        self._adopt(statuses)
        news = [technique for technique, run in self.runs.items() if run.take(statuses)]
        for technique in news:
            self._tell_made(self.runs[technique])
        return self.is_shown and self._options.technique in news

    def _tell_made(self, run: FilmRun) -> None:
        """Say that a film is made to who looks elsewhere: it may have taken an hour."""
        sight = self._desk.sight
        is_seen = sight.workspace == PLAY and self.run is run and self.is_shown
        if run.state is JobState.DONE and (not is_seen or sight.is_narrow):
            text, action, _ = notice_words(run)
            self._desk.notices.offer(text, action, lambda: self._play(run))

    def _adopt(self, statuses: tuple[JobStatus, ...]) -> None:
        """A film that goes on after a restart is shown as it was."""
        for status in statuses:
            if isinstance(status, FilmStatus) and status.state is JobState.RUNNING:
                technique = status.request.technique
                known = self.runs.get(technique)
                if known is None or (known.is_over and known.job != status.id):
                    self.runs[technique] = FilmRun(status.request, status.id)
                    self._shown.add(technique)

    # What is asked

    @property
    def video(self) -> Path | None:
        """The video that is filmed: a chosen one, else the source if it is one."""
        if self._chosen is not None:
            return self._chosen
        source = self._desk.engine.status().source.spec
        is_video = Path(source).suffix.lower() in VIDEO_SUFFIXES - PICTURE_SUFFIXES
        return Path(source) if is_video and Path(source).is_file() else None

    def ask(self) -> None:
        """Show the settings of a film; what is filmed is asked first where that is not plain."""
        if self.video is None:
            self.ask_video()
            return
        self._show_settings()
        self._button.open_settings()

    def ask_video(self) -> None:
        video = self.video
        self._button.ask_video("" if video is None else str(video.parent))

    def take_video(self, video: Path) -> None:
        self._chosen = video
        self.ask()

    def ask_place(self) -> None:
        """Have it asked where the film goes, beginning where the last one or pictures went."""
        video = self.video
        if video is None:
            return
        usual = self._folder or self._desk.options.setting.settings.pictures_dir
        folder = usual if usual.is_dir() else video.parent
        name = plain_name(f"{video.stem}-{self._options.technique}")
        self._button.ask_place(free_path(folder, name, ".mp4"))

    def begin(self, out: Path) -> None:
        """Have the film made."""
        video, network = self.video, self._settings.network
        if video is None or network is None:
            return
        options, spec = self._options, self._settings.in_force()
        request = film_request(
            options.how, spec, options.film, video.absolute(), out, network, self._given,
            options.seed,
        )  # fmt: skip
        self._folder = out.parent
        try:
            request.check()
        except UserError as error:
            self._view.page.fault.set_notice(str(error))
            return
        self._view.page.fault.set_notice("")
        self._chosen = None
        self.runs[options.technique] = FilmRun(request, self._desk.jobs.submit(request))
        self.turn_back()

    def turn_back(self) -> None:
        """Show the film of the technique again."""
        self._shown.add(self._options.technique)
        self._options.is_live = False
        self._showing.forget_pair()
        self._turned()

    def change(self, path: str, value: object) -> None:
        try:
            self._options.film = changed(self._options.film, path, value)
        except ValidationError:
            self._show_settings()

    # While it is made

    def press(self) -> bool:
        """Let it rest, or go on; False where it is over or not shown: a still is meant."""
        run = self.run
        if run is None or not self.is_shown or run.is_over:
            return False
        act = self._desk.jobs.resume if run.is_held else self._desk.jobs.pause
        act(run.job)
        return True

    def end(self) -> None:
        """Let the film be what there is of it."""
        if self.run is not None and self.is_shown and not self.run.is_over:
            self._desk.jobs.cancel(self.run.job)

    def play(self) -> None:
        """Show the film: it becomes the source, and is seen in the picture's place."""
        if self.run is not None:
            self._play(self.run)

    def _play(self, run: FilmRun) -> None:
        run.is_played = True
        self._desk.files.show(run.request.out)

    # Showing

    def show_live(self, snapshot: Snapshot) -> None:
        """Show what is played, once that is the film."""
        run = self.run
        if run is not None and run.is_played:
            self._showing.show_pair(snapshot.frame.image, None, "", snapshot.frame.title)

    def show_offer(self, why_not: str) -> None:
        """Offer a film where the technique can make one."""
        self._view.head.set_film(films(self._options.how), why_not)

    def show(self) -> None:
        """Show how far the film is."""
        run = self.run
        if run is None:
            return
        controls, last = self._view.page.run, run.last
        ends = not run.is_over
        controls.set_film(True, ends=ends)
        controls.set_state(run.doing, progress_words(run), run.share)
        text, action, is_bad = notice_words(run)
        controls.notice.set_notice(text, action, is_bad=is_bad)
        self._view.head.set_keepable("A film is a file by itself")
        if run.is_played:
            return
        how = self._options.how
        made = made_words(how.key, how.title, run.request.spec, self._settings.network)
        made = " · ".join(filter(None, (made, frames_words(run))))
        nothing = run.last is None
        self._view.result.pair.set_words(*(empty_words(run) if nothing else ("", "")))
        before, after = (None, None) if last is None else (last.before, last.picture)
        self._showing.show_pair(before, after, made, run.request.video.name)

    def _show_settings(self) -> None:
        video, run = self.video, self.run
        if video is not None:
            self._button.set_video(video.name, str(video.parent))
        fields, usual = form_fields(FilmSpec), FilmSpec()
        film = self._options.film
        values, defaults = ({e.path: e.value(one) for e in fields} for one in (film, usual))
        self._button.form.set_values(values, defaults)
        self._button.set_back(run is not None and not self.is_shown and not run.is_over)

    def _connect(self) -> None:
        button = self._button
        button.wanted.connect(self.ask)
        button.other_wanted.connect(self.ask_video)
        button.video_chosen.connect(self.take_video)
        button.start_wanted.connect(self.ask_place)
        button.place_chosen.connect(self.begin)
        button.back_wanted.connect(self.turn_back)
        button.changed.connect(self.change)
        self._view.result.run.end_requested.connect(self.end)
