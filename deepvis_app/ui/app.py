"""The composition root: builds everything once, passes it on, takes it down again."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QApplication

from deepvis_app import paths
from deepvis_app.engine import GridReader, Scribe
from deepvis_app.errors import UserError
from deepvis_app.folders import folder_problem, keeping_problem
from deepvis_app.known.kept_pictures import KeptPictures
from deepvis_app.state.explaining import ExplainOptions
from deepvis_app.state.options import ViewOptions
from deepvis_app.state.preferred import PreferredOptions
from deepvis_app.state.recipes import RecipeShelf
from deepvis_app.state.selection import Selection
from deepvis_app.trusted import load_trusted
from deepvis_app.ui.kit.explanation_card import ExplanationCard
from deepvis_app.ui.kit.theme import ThemeChoice, ThemeFollower
from deepvis_app.ui.live import LivePresenter
from deepvis_app.ui.main_window import MainWindow
from deepvis_app.ui.panels.grid.contrast import ContrastPresenter
from deepvis_app.ui.panels.grid.pictures import PictureGridPresenter
from deepvis_app.ui.panels.input.playing import TransportPresenter
from deepvis_app.ui.panels.jobs.presenter import JobsPresenter
from deepvis_app.ui.panels.preferred.presenter import PreferredPresenter
from deepvis_app.ui.panels.preferred.recipes import RecipePresenter
from deepvis_app.ui.panels.preferred.search import SearchPresenter
from deepvis_app.ui.panels.why.presenter import ExplainPresenter
from deepvis_app.ui.shell.actions import ACTIONS, make_actions, set_keys
from deepvis_app.ui.shell.agreeing import Agreeing
from deepvis_app.ui.shell.choosers import ChooserPresenter
from deepvis_app.ui.shell.collecting import Collecting
from deepvis_app.ui.shell.commands import Commands
from deepvis_app.ui.shell.engine_making import make_engine
from deepvis_app.ui.shell.first_unit import FirstUnit
from deepvis_app.ui.shell.help_rows import help_groups
from deepvis_app.ui.shell.interrupts import close_on_interrupt, keep_when_the_display_is_lost, leave
from deepvis_app.ui.shell.kept_files import left_behind, read_kept
from deepvis_app.ui.shell.keys import assign_keys
from deepvis_app.ui.shell.notices import Notices, Unexpected
from deepvis_app.ui.shell.opening import DEFAULT_NETWORK, Opening
from deepvis_app.ui.shell.own_pictures import OwnPictures
from deepvis_app.ui.shell.patience import Patience
from deepvis_app.ui.shell.saving import Saving
from deepvis_app.ui.shell.session_keeping import SessionKeeping
from deepvis_app.ui.shell.settings.dialog import SettingsDialog
from deepvis_app.ui.shell.settings.keeping import SettingsKeeping
from deepvis_app.ui.shell.settings.rules import follow_engine, follow_view
from deepvis_app.ui.shell.sources import Sources
from deepvis_app.ui.shell.typing_guard import TypingGuard
from deepvis_app.ui.shell.welcome import WelcomePresenter
from deepvis_app.ui.shell.welcome_card import WelcomeCard
from deepvis_app.vitals import Vitals, deaths
from deepvis_app.words.topics import EXPLANATIONS, HINTS, WELCOME

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.status import EngineStatus
    from deepvis_app.nets import Network
    from deepvis_app.options import RunOptions
    from deepvis_app.session import Session
    from deepvis_app.settings import Settings
    from deepvis_app.ui.shell.kept_files import Kept
    from deepvis_app.vitals import Death

logger = logging.getLogger(__name__)


def run(options: RunOptions) -> int:
    """Open the window and return the exit code once it is closed."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(sys.argv[:1])
    app.setApplicationName("deepvis")
    app.setDesktopFileName("deepvis")
    collecting = Collecting(app)
    unexpected = Unexpected()
    unexpected.install()
    folder = paths.cache_dir() / "running"
    died = [death for death in deaths(folder) if death.spec]  # of others nothing is said
    vitals = Vitals(folder)
    vitals.watch()
    try:
        deepvis = make_app(app, options, unexpected, vitals, died[-1] if died else None)
        close_on_interrupt()
        keep_when_the_display_is_lost(deepvis.put_away)
        app.commitDataRequest.connect(deepvis.keep)  # the user logs out
        deepvis.open()
        return leave(app.exec())
    finally:
        vitals.end()  # also where an option that was given cannot be had
        collecting.end()


def make_app(
    app: QApplication,
    options: RunOptions,
    unexpected: Unexpected,
    vitals: Vitals | None = None,
    death: Death | None = None,
) -> App:
    """Make deepvis as the user left it; where that fails, as it is at the first start."""
    there = set(app.topLevelWidgets())
    try:
        deepvis = App(app, options, vitals, death)
    except UserError:
        raise  # of an option that was given
    except Exception as error:  # noqa: BLE001 - whatever was kept, the window opens
        unexpected.tell(type(error), error, error.__traceback__)
        for half_made in set(app.topLevelWidgets()) - there:
            half_made.deleteLater()
        deepvis = App(app, options, vitals, death, left_behind())
    unexpected.show_on(deepvis.window.banners)
    return deepvis


class App(QObject):
    """One running deepvis, as the user's files say, or as `kept` does."""

    def __init__(
        self,
        app: QApplication,
        options: RunOptions,
        vitals: Vitals | None = None,
        death: Death | None = None,
        kept: Kept | None = None,
    ) -> None:
        super().__init__()
        self._options, self._vitals = options, vitals or Vitals()
        kept = kept or read_kept()
        settings, self.session, self.store = kept.settings, kept.session, kept.store
        self.engine = make_engine(options, settings, self.store, self._vitals)
        self.scribe = Scribe()
        self.setting = SettingsKeeping(settings, self.scribe)
        self.welcome: WelcomeCard | None = None  # at the first start
        self.selection = Selection()
        self.view = ViewOptions()
        self.preferred = PreferredOptions()
        self.why = ExplainOptions()
        self.shelf = RecipeShelf(paths.config_dir() / "recipes")
        self._theme = ThemeFollower(app, ThemeChoice(settings.appearance.theme.value))
        self.window = MainWindow()
        self.notices = Notices(self.window.banners, self.selection.pick_unit)
        pictures = KeptPictures(self.engine.gallery, self.notices.show_store, kept.store_problem)
        jobs = self.engine.jobs
        grids = PictureGridPresenter(
            self.window.grid, jobs, pictures, self.selection, self.view, self.preferred
        )
        self.presenter = LivePresenter(
            self.window, self.engine, self.selection, self.view, self.why, grids, settings
        )
        self.sources = Sources(self.window, self.engine, self.view, settings)
        self.agreeing = Agreeing(self.window, self.sources, DEFAULT_NETWORK)
        self.opening = Opening(
            options, self.session, self.sources, self.agreeing, self.window.banners, death
        )
        self.saving = Saving(self.window, self.engine, self.selection, settings)
        self.explaining = ExplainPresenter(
            self.window,
            self.engine,
            self.selection,
            self.view,
            self.why,
            self.presenter,
            self.saving,
        )
        self.patience = Patience(self.window.banners, self.engine, self.sources)
        self.choosers = ChooserPresenter(self.window, self.engine, self.sources)
        self.jobs = JobsPresenter(self.window, jobs, self.store)
        self.recipes = RecipePresenter(
            self.window.preferred, self.preferred, self.shelf, self.window.undo
        )
        self.pictures = PreferredPresenter(
            self.window,
            jobs,
            pictures,
            self.selection,
            self.preferred,
            self.saving,
            self.presenter.grids.neighbours,
        )
        self.search = SearchPresenter(
            self.window.preferred,
            jobs,
            pictures,
            self.selection,
            self.preferred,
            self.window.toast,
            self.pictures.results.forget_history,
        )
        self.own_pictures = OwnPictures(
            self.window, self.selection, self.preferred, self.shelf, self.pictures, self.sources
        )
        self.keeping = SessionKeeping(
            self.session, self.window, self.selection, self.view, self.preferred, self.shelf
        )
        self.commands = Commands(
            self.window,
            self.engine,
            self.selection,
            self.view,
            self.presenter,
            self.pictures,
            self.explaining,
            self.sources,
            self.saving,
            self.open_settings,
        )
        self.actions = make_actions(self.window, self.commands, assign_keys(settings).keys)
        self._keys = TypingGuard(app)
        self._connect()
        self._add_buttons()
        self._follow_settings()
        ContrastPresenter(self.window.contrast, self.view)
        TransportPresenter(self.window.input.transport, self.engine)
        problems = (*kept.problems, *load_trusted()[1], *self.shelf.problems)
        self._tell_of_the_start(problems, kept.store_problem)

    def open(self) -> None:
        """Show the window and start the stream: what was asked for, else what was left.

        A step that fails is told, and does not keep the others from being taken.
        """
        steps: tuple[Callable[[], None], ...] = (
            lambda: self.keeping.restore(self.choosers),
            self.engine.start,
            self.opening.open,
            self.window.grid.focus_canvas,
            self.window.show,
            self.presenter.start,
            self.jobs.offer_last,
            lambda: self.keeping.follow(self.scribe, self._left_off),
            self._greet,
        )
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - whatever was left, the window opens
                sys.excepthook(type(error), error, error.__traceback__)

    def _greet(self) -> None:
        if self._options.soak_s:
            self._begin_soak()
        elif self._options.measure_s:
            self._begin_measuring()
        elif not self.session.hint_seen and not self._options.exit_after_first_picture:
            self._welcome()

    def _begin_soak(self) -> None:
        from deepvis_app.ui.shell.soak import Soak

        soak = Soak(
            self.window,
            self.engine,
            self.selection,
            self.sources,
            self.saving,
            self.actions,
            seconds=self._options.soak_s,
            seed=self._options.soak_seed,
        )
        soak.sampled.connect(lambda sample: print(json.dumps(sample), flush=True))  # noqa: T201
        soak.ended.connect(self.window.close)
        soak.start()

    def _begin_measuring(self) -> None:
        from deepvis_app.ui.shell.meter import Meter

        clock, seconds = self.presenter, self._options.measure_s
        meter = Meter(self.window, self.engine, clock.shown, clock.set_running, seconds)
        meter.measured.connect(lambda turn: print(json.dumps(turn), flush=True))  # noqa: T201
        meter.failed.connect(lambda why: print(json.dumps({"why": why}), flush=True))  # noqa: T201
        meter.ended.connect(self.window.close)
        meter.start()

    def _welcome(self) -> None:
        self._first_unit = FirstUnit(self.presenter, self.selection)
        card = WelcomeCard(self.window, self.window.inspector, WELCOME, HINTS)
        WelcomePresenter(card, self.sources)
        card.dismissed.connect(self.keeping.see_hint)
        self.commands.put_away = card.dismiss
        card.open()
        self.welcome = card

    def close(self) -> None:
        """Stop the stream and keep where the user left off. Called once, by the window."""
        self.presenter.stop()
        self.saving.stop_recording()
        self.window.undo.settle()
        QApplication.instance().removeEventFilter(self._keys)  # type: ignore[union-attr]
        self.keeping.see_hint()
        self.keep()  # first: the network may hang, and the window with it
        self.put_away()
        for fault in self.scribe.faults().values():
            logger.info("%s", fault)

    def keep(self) -> None:
        """Write now where the user left off."""
        self.keeping.write()
        self.setting.write()
        self.scribe.settle()

    def put_away(self) -> None:
        """Finish what threads are writing, and end them; without the window, which may be gone."""
        self.engine.close()
        if self.store is not None:
            self.store.close()
        self.scribe.close()
        self._vitals.end()

    @property
    def settings(self) -> Settings:
        return self.setting.settings

    def open_settings(self) -> None:
        devices = self.engine.status().devices
        dialog = SettingsDialog(self.settings, self.window, devices)
        dialog.settings_changed.connect(self.setting.change)
        dialog.exec()
        dialog.deleteLater()

    # Wiring

    def _connect(self) -> None:
        window = self.window
        self.presenter.status_changed.connect(self._show_status)
        self.presenter.network_changed.connect(self._show_network)
        self.presenter.network_changed.connect(self.patience.set_network)
        self.presenter.network_changed.connect(self.pictures.set_network)
        self.presenter.network_changed.connect(self.search.set_network)
        self.presenter.network_changed.connect(self.own_pictures.set_network)
        self.presenter.shown.connect(self._first_picture)
        self.presenter.shown.connect(lambda snapshot: self.notices.show_first(snapshot.not_finite))
        self.presenter.ticked.connect(self.choosers.tick)
        self.presenter.ticked.connect(self.patience.tick)
        self.presenter.ticked.connect(self.jobs.tick)
        self.presenter.ticked.connect(self.pictures.tick)
        self.presenter.ticked.connect(self.search.tick)
        self.jobs.read.connect(self._show_faults)
        self.jobs.read.connect(self.pictures.take)
        self.jobs.read.connect(self.search.take)
        self.jobs.read.connect(self.presenter.grids.pictures.take)
        self.jobs.share_changed.connect(self._keep_share)
        window.closing.connect(self.close)
        window.visibility_changed.connect(self.presenter.set_running)
        window.input.scores.class_asked.connect(self.commands.show_class)
        strip = window.layers.strip
        strip.layer_picked.connect(self.selection.pick_layer)
        strip.layer_opened_beside.connect(self.selection.open_beside)
        window.grid.search_taken.connect(self.commands.take_unit)
        window.grid.page_requested.connect(self.commands.show_page)
        window.grid.save_requested.connect(self.saving.save_tile)
        window.grid.beside_requested.connect(self.commands.toggle_beside)
        window.layers.search_taken.connect(self.commands.take_layer)
        self._card = ExplanationCard(window)
        pages = (window.now, window.preferred, window.why)
        for view in (window.input, window.layers, window.grid, *pages):
            view.explanation_requested.connect(
                lambda topic: self._card.explain(*EXPLANATIONS[topic])
            )
        self.saving.recording_changed.connect(self._show_recording)
        self._theme.theme_changed.connect(self.presenter.restyle)

    def _add_buttons(self) -> None:
        top = self.window.top
        top.add_button("pause", self.actions["freeze"])
        top.add_button("step-forward", self.actions["step"])
        top.add_button("record", self.actions["record-window"])
        top.add_menu_button(
            "download",
            "Save what is shown",
            [self.actions[info.name] for info in ACTIONS if info.group == "Save"],
        )
        top.add_button("settings", self.actions["settings"])
        top.add_button("help", self.actions["help"])

    def _show_status(self, old: EngineStatus, new: EngineStatus) -> None:
        self.actions["freeze"].setChecked(new.frozen)
        self.choosers.show_status(old, new)
        self.opening.show_status(new)
        self.agreeing.show_status(new.network)

    def _show_network(self, network: Network | None) -> None:
        if network is None:
            return
        self.keeping.restore_selection(network)
        self.notices.show_network(network)

    def _tell_of_the_start(self, problems: tuple[str, ...], store: UserError | None) -> None:
        nowhere = keeping_problem()
        keys = assign_keys(self.settings).problems
        self.notices.tell_of_the_start((*problems, *keys), nowhere, store)
        self.keeping.is_futile = nowhere is not None and bool(folder_problem(paths.config_dir()))

    def _show_faults(self) -> None:
        if not self.keeping.is_futile:
            self.notices.show_faults(self.scribe.faults())

    def _show_recording(self, what: str) -> None:
        self.actions["record-window"].setChecked(what == "window")
        self.actions["record-grid"].setChecked(what == "grid")

    def _first_picture(self, snapshot: Snapshot) -> None:
        if snapshot.every(GridReader) and self._options.exit_after_first_picture:
            self.presenter.shown.disconnect(self._first_picture)
            self.window.repaint()
            print(json.dumps({"first_picture_at": time.time()}), flush=True)  # noqa: T201
            self.window.close()

    # Settings and session

    def _left_off(self) -> Session:
        return self.keeping.left_off(self.presenter.network, self.sources, self.choosers)

    def _follow_settings(self) -> None:
        """Put every setting in force now, and again when it changes; nothing else is touched."""
        follow = self.setting.follow
        follow(lambda s: s.appearance.theme, self._set_theme)
        follow_view(self.setting, self.view, self.sources)
        follow_engine(self.setting, self.engine, self.store, self.window)
        follow(lambda s: (s.keys, s.keyboard, s.appearance.wheel), self._set_keys)
        follow(lambda s: s, self._pass_on)
        # What was wrong with the file is not there any more once it is written anew.
        follow(lambda s: s, lambda _: self.notices.forget_settings())

    def _pass_on(self, settings: Settings) -> None:
        self.sources.settings = self.saving.settings = settings
        self.presenter.set_settings(settings)

    def _set_theme(self, settings: Settings) -> None:
        self._theme.set_choice(ThemeChoice(settings.appearance.theme.value))

    def _set_keys(self, settings: Settings) -> None:
        set_keys(self.actions, assign_keys(settings).keys)
        self.window.help.set_groups(help_groups(settings))

    def _keep_share(self, share: float) -> None:
        self.setting.set("live", "job_share", round(share, 2))
