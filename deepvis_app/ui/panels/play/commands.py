"""What keys do in Play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs.kinds.playing import note_of
from deepvis_app.engine.jobs.status import NetworkName
from deepvis_app.engine.kept.play_png import play_png
from deepvis_app.state.choices import following
from deepvis_app.state.play import PLAY

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.play.presenter import PlayPresenter


class PlayCommands:
    """The user's wishes by name."""

    def __init__(self, desk: Desk, presenter: PlayPresenter) -> None:
        self._desk, self._presenter = desk, presenter
        self._options = desk.options.play

    def take_frame(self) -> None:
        """Take the frame that is shown now, wherever one is, and run."""
        self._desk.sight.workspace = PLAY
        self._presenter.take_frame()

    def press(self) -> None:
        self._desk.sight.workspace = PLAY
        self._presenter.press()

    def move_split(self, by: float) -> None:
        if self._desk.sight.workspace == PLAY:
            self._options.move_split(by)

    def cycle_compare(self) -> None:
        if self._desk.sight.workspace == PLAY:
            self._options.shows = following(self._options.shows)

    def save(self) -> None:
        """Write the result with its recipe; of one that was stopped, with how far it came."""
        run, network = self._presenter.run, self._presenter.network
        if run is None or network is None or run.last is None or not run.is_own:
            self._desk.notices.say("There is no result of Play to save yet")
            return
        name = NetworkName(run.network, network.name, network.spec)
        if run.played is not None:
            note = note_of(name, run.request, computed=run.played.computed)
        else:
            how_far = f"{run.step} of {run.total} steps"
            note = note_of(name, run.request, unfinished=how_far)
        layer = getattr(run.request.spec, "layer", "")
        words = f"{run.request.technique}-{layer}" if layer else run.request.technique
        picture = run.last if run.played is None else run.played.image
        self._desk.files.save_bytes(play_png(picture, note), words, ".png", "Picture")
