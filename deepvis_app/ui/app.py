"""The composition root: builds everything once, passes it on, takes it down again."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication

from deepvis_app.engine import Scribe
from deepvis_app.settings import settings_with
from deepvis_app.state.sight import Sight
from deepvis_app.ui.clock import Clock
from deepvis_app.ui.kit.theme import ThemeChoice, ThemeFollower
from deepvis_app.ui.main_window import MainWindow
from deepvis_app.ui.panels_made import Panels
from deepvis_app.ui.registry import PANELS, sections_of
from deepvis_app.ui.rounds import Rounds
from deepvis_app.ui.shell.actions import workspaces_of
from deepvis_app.ui.shell.desk_laying import lay_desk
from deepvis_app.ui.shell.engine_making import make_engine
from deepvis_app.ui.shell.greeting import greet
from deepvis_app.ui.shell.kept_files import read_kept
from deepvis_app.ui.shell.opening import Start
from deepvis_app.ui.shell.settings.keeping import SettingsKeeping
from deepvis_app.ui.shell.shell import Shell
from deepvis_app.ui.shell.typing_guard import TypingGuard
from deepvis_app.vitals import Vitals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.options import RunOptions
    from deepvis_app.ui.panel import PanelInfo
    from deepvis_app.ui.shell.kept_files import Kept
    from deepvis_app.ui.shell.welcome_card import WelcomeCard
    from deepvis_app.vitals import Death

logger = logging.getLogger(__name__)


class App(QObject):
    """One running deepvis, as the user's files say, or as `kept` does."""

    def __init__(
        self,
        app: QApplication,
        options: RunOptions,
        vitals: Vitals | None = None,
        death: Death | None = None,
        kept: Kept | None = None,
        panels: Sequence[PanelInfo] = PANELS,
    ) -> None:
        super().__init__()
        self._options, self._vitals = options, vitals or Vitals()
        self._kept = kept = kept or read_kept(settings_with(sections_of(panels)))
        self._scribe = Scribe()
        self.setting = SettingsKeeping(kept.settings, self._scribe)
        self._theme = ThemeFollower(app, ThemeChoice(kept.settings.appearance.theme.value))
        sight = Sight()
        self.window = MainWindow(sight)
        engine = make_engine(options, kept.settings, kept.store, self._vitals)
        self.desk = lay_desk(self.window, engine, sight, self.setting, kept.store_problem)
        self.panels = Panels(panels, self.desk, self.window)
        self.window.offer_workspaces(workspaces_of(panels))
        start = Start(options, kept, death)
        self.shell = Shell(self.window, self.desk, self.panels, self.setting, start)
        self.rounds = Rounds(self.desk, self.shell)
        self._clock = Clock(self, self.rounds.go)
        self._keys = TypingGuard(app)
        self.welcome: WelcomeCard | None = None  # at the first start
        self._connect()

    def _connect(self) -> None:
        self.window.closing.connect(self.close)
        self.window.visibility_changed.connect(self._see)
        self._theme.theme_changed.connect(self.panels.restyle)
        self.setting.follow(
            lambda s: s.appearance.theme,
            lambda s: self._theme.set_choice(ThemeChoice(s.appearance.theme.value)),
        )

    def _see(self, visible: bool) -> None:
        self.desk.sight.is_visible = visible
        self._clock.set_running(visible)

    def open(self) -> None:
        """Show the window and start the stream: what was asked for, else what was left.

        A step that fails is told, and does not keep the others from being taken.
        """
        steps: tuple[Callable[[], object], ...] = (
            self.shell.restore,
            self.shell.tell_of_the_start,
            self.desk.engine.start,
            self.shell.opening.open,
            self.desk.sight.enter_grid,
            self.window.show,
            lambda: self._clock.set_running(True),
            lambda: self.shell.keeping.follow(self._scribe, self.shell.left_off),
            self._greet,
        )
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - whatever was left, the window opens
                sys.excepthook(type(error), error, error.__traceback__)

    def _greet(self) -> None:
        self.welcome = greet(self._options, self.window, self.desk, self.shell)

    def close(self) -> None:
        """Stop the stream and keep where the user left off. Called once, by the window."""
        self._clock.set_running(False)
        self.desk.files.stop_recording()
        self.desk.notices.settle()
        QApplication.instance().removeEventFilter(self._keys)  # type: ignore[union-attr]
        self.shell.keeping.see_hint()
        self.keep()  # first: the network may hang, and the window with it
        self.put_away()
        for fault in self._scribe.faults().values():
            logger.info("%s", fault)

    def keep(self) -> None:
        """Write now where the user left off."""
        self.shell.keeping.write()
        self.setting.write()
        self._scribe.settle()

    def put_away(self) -> None:
        """Finish what threads are writing, and end them; without the window, which may be gone."""
        self.desk.kept.trainings.close()
        self.desk.engine.close()
        if self._kept.store is not None:
            self._kept.store.close()
        self._scribe.close()
        self._vitals.end()
