"""What keys and menus do in Learn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.nets.run_folders import RunNetwork
from deepvis_app.nets.runs import keep_checkpoint
from deepvis_app.ui.panels.learn.run_menu import entries

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.presenter import LearnPresenter
    from deepvis_app.ui.panels.learn.view import LearnView


class LearnCommands:
    """The user's wishes by name."""

    def __init__(self, view: LearnView, desk: Desk, presenter: LearnPresenter) -> None:
        self._view, self._desk, self._presenter = view, desk, presenter
        self._options, self._runs = desk.options.learn, desk.kept.runs
        self._keeping: Future[Path] | None = None
        view.runs.menu_requested.connect(self.open_menu)
        view.entry_chosen.connect(self.do)
        view.head.open_requested.connect(self.open_log)
        view.head.folder_requested.connect(self.choose_pictures)

    # Keys

    def press(self) -> None:
        self._presenter.controls.press()

    def one_step(self) -> None:
        self._presenter.controls.one_step()

    def new_run(self) -> None:
        self._presenter.form.open()

    def toggle_eye(self) -> None:
        """Show the curves of the run that is looked at, or hide them."""
        if (one := self._runs.chosen) is not None:
            self._options.toggle_hidden(one.path)

    def toggle_log(self) -> None:
        self._options.is_log = not self._options.is_log

    def open_log(self) -> None:
        """Ask for a folder with a log, and have it among the runs."""
        if path := self._view.ask_folder("Open the log of a training"):
            self._runs.open_log(path)

    def choose_pictures(self) -> None:
        """Ask for a folder of pictures to learn from."""
        if path := self._view.ask_folder("A folder with a subfolder of pictures for each class"):
            self._presenter.controls.choose("data", path)

    # The menu of a run

    def open_menu(self, path: str, at: Any) -> None:
        """Offer what can be done with a run, at a place of the screen."""
        one = self._runs.get(path)
        is_alive = self._desk.kept.trainings.is_alive(path)
        groups = entries(one, is_alive=is_alive, is_own=path in self._runs.own)
        self._view.open_menu(path, groups, at)

    def do(self, path: str, key: str, step: int | None) -> None:
        """Do what a line of the menu says."""
        controls, options = self._presenter.controls, self._options
        deeds = {
            "stop": lambda: controls.stop(path),
            "back": lambda: controls.go_back(path, step),
            "watch": lambda: self._presenter.watching.watch(path, opens=True),
            "keep": lambda: self.keep(path),
            "alone": lambda: setattr(
                options, "hidden", frozenset(p for p in self._runs.paths if p != path)
            ),
            "all": lambda: setattr(options, "hidden", frozenset()),
            "folder": lambda: self._view.open_folder(path),
            "rename": lambda: self._view.runs.rename(path),
            "remove": lambda: self._presenter.ask_to_remove(path),
        }
        deeds[key]()

    def keep(self, path: str) -> None:
        """Make the run's present network one of the user's own, between two frames."""
        run = self._runs.get(path).run
        step = 0 if run is None else run.step
        name = f"{Path(path).name}, step {step}"
        folder, spec = paths.config_dir() / "networks", RunNetwork(Path(path)).spec
        self._keeping = self._desk.engine.between_frames(
            lambda: keep_checkpoint(spec, name, folder)
        )

    def tick(self) -> None:
        """Tell what came of keeping a network."""
        if self._keeping is None or not self._keeping.done():
            return
        keeping, self._keeping = self._keeping, None
        try:
            kept = keeping.result()
        except UserError as error:
            self._desk.notices.say(str(error))
        else:
            self._desk.notices.say(f"Kept as {kept.stem}: it is among the networks above")
