"""The composition root: builds everything once, passes it on, takes it down again."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QApplication

from deepvis_app import paths
from deepvis_app.engine import Phase
from deepvis_app.errors import UserError
from deepvis_app.nets import Fit
from deepvis_app.session import load_session, save_session
from deepvis_app.settings import FitChoice, Settings, load_settings, save_settings
from deepvis_app.state.explaining import ExplainOptions
from deepvis_app.state.options import ViewOptions
from deepvis_app.state.preferred import PreferredOptions
from deepvis_app.state.recipes import RecipeShelf
from deepvis_app.state.selection import Selection
from deepvis_app.ui.actions import ACTIONS, keys_of, make_actions, set_keys
from deepvis_app.ui.commands import Commands
from deepvis_app.ui.engine_making import make_engine, open_store, store_limit
from deepvis_app.ui.explanations import EXPLANATIONS, HINTS
from deepvis_app.ui.interrupts import close_on_interrupt
from deepvis_app.ui.main_window import MainWindow
from deepvis_app.ui.own_pictures import OwnPictures
from deepvis_app.ui.presenters.choosers import ChooserPresenter
from deepvis_app.ui.presenters.explaining import ExplainPresenter
from deepvis_app.ui.presenters.jobs import JobsPresenter
from deepvis_app.ui.presenters.kept_pictures import KeptPictures
from deepvis_app.ui.presenters.live import LivePresenter
from deepvis_app.ui.presenters.picture_grid import PictureGridPresenter
from deepvis_app.ui.presenters.preferred import PreferredPresenter
from deepvis_app.ui.presenters.recipes import RecipePresenter
from deepvis_app.ui.presenters.search import SearchPresenter
from deepvis_app.ui.saving import Saving
from deepvis_app.ui.session_keeping import SessionKeeping
from deepvis_app.ui.settings_dialog import SettingsDialog
from deepvis_app.ui.sources import Sources
from deepvis_app.ui.theme import ThemeChoice, ThemeFollower
from deepvis_app.ui.typing_guard import TypingGuard
from deepvis_app.ui.widgets.banner import Severity
from deepvis_app.ui.widgets.explanation_card import ExplanationCard
from deepvis_app.ui.widgets.help_overlay import HelpGroup
from deepvis_app.ui.widgets.hint_overlay import HintOverlay

if TYPE_CHECKING:
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.status import EngineStatus
    from deepvis_app.nets import Network
    from deepvis_app.options import RunOptions

logger = logging.getLogger(__name__)

DEFAULT_NETWORK = "pocket"


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
    deepvis = App(app, options)
    install_excepthook(deepvis.window)
    close_on_interrupt()
    deepvis.open()
    return app.exec()


class App(QObject):
    """One running deepvis."""

    def __init__(self, app: QApplication, options: RunOptions) -> None:
        super().__init__()
        self._options = options
        self.settings, problems = load_settings()
        self.session, more = load_session()
        self.store, store_problem = open_store(self.settings)
        self.engine = make_engine(options, self.settings, self.store)
        self._fallen_back: set[str] = set()
        self.selection = Selection()
        self.view = ViewOptions()
        self.preferred = PreferredOptions()
        self.why = ExplainOptions()
        self.shelf = RecipeShelf(paths.config_dir() / "recipes")
        self._theme = ThemeFollower(app, ThemeChoice(self.settings.appearance.theme.value))
        self.window = MainWindow()
        kept = KeptPictures(self.engine.gallery, self._show_store)
        jobs = self.engine.jobs
        grids = PictureGridPresenter(
            self.window.grid, jobs, kept, self.selection, self.view, self.preferred
        )
        self.presenter = LivePresenter(
            self.window, self.engine, self.selection, self.view, self.why, grids, self.settings
        )
        self.sources = Sources(self.window, self.engine, self.view, self.settings)
        self.saving = Saving(self.window, self.engine, self.selection, self.settings)
        self.explaining = ExplainPresenter(
            self.window,
            self.engine,
            self.selection,
            self.view,
            self.why,
            self.presenter,
            self.saving,
        )
        self.choosers = ChooserPresenter(self.window, self.engine, self.sources)
        self.jobs = JobsPresenter(self.window, jobs, self.store)
        self.recipes = RecipePresenter(self.window.preferred, self.preferred, self.shelf)
        self.pictures = PreferredPresenter(
            self.window,
            jobs,
            kept,
            self.selection,
            self.preferred,
            self.saving,
            self.presenter.grids.neighbours,
        )
        self.search = SearchPresenter(
            self.window.preferred,
            jobs,
            kept,
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
        self.actions = make_actions(self.window, self.commands, self.settings.keys)
        self._keys = TypingGuard(app)
        self._connect()
        self._add_buttons()
        self._adopt_settings(self.settings)
        for problem in (*problems, *more, *self.shelf.problems):
            self._notice("settings", problem)
        self._show_store(store_problem)

    def open(self) -> None:
        """Show the window and start the stream: what was asked for, else what was left."""
        self.keeping.restore(self.choosers)
        self.engine.start()
        network = self._options.net or self.session.network or DEFAULT_NETWORK
        weights = self._options.weights
        if self._options.net is None and self.session.network:
            weights = weights or self.session.weights or None
        self.sources.load(network, weights, trust=self._options.trust)
        self.sources.open(self._options.source or self.session.source or self._first_source())
        self.window.show()
        self.presenter.start()
        self.jobs.offer_last()
        if not self.session.hint_seen and not self._options.exit_after_first_picture:
            self._hint = HintOverlay(self.window, "Four things to try", HINTS)
            self._hint.show()

    def close(self) -> None:
        """Stop the stream and keep where the user left off. Called once, by the window."""
        self.presenter.stop()
        self.saving.stop_recording()
        self.engine.close()
        if self.store is not None:
            self.store.close()
        QApplication.instance().removeEventFilter(self._keys)  # type: ignore[union-attr]
        try:
            network = self.presenter.network
            save_session(self.keeping.left_off(network, self.sources, self.choosers))
        except UserError as error:
            logger.warning("%s", error)

    def open_settings(self) -> None:
        dialog = SettingsDialog(self.settings, self.window)
        dialog.settings_changed.connect(self._change_settings)
        dialog.exec()

    # Wiring

    def _connect(self) -> None:
        window = self.window
        self.presenter.status_changed.connect(self._show_status)
        self.presenter.network_changed.connect(self._show_network)
        self.presenter.network_changed.connect(self.pictures.set_network)
        self.presenter.network_changed.connect(self.search.set_network)
        self.presenter.network_changed.connect(self.own_pictures.set_network)
        self.presenter.shown.connect(self._first_picture)
        self.presenter.ticked.connect(self.jobs.tick)
        self.presenter.ticked.connect(self.pictures.tick)
        self.presenter.ticked.connect(self.search.tick)
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
        window.contrast.changed.connect(lambda fields: self.view.change_contrast(**fields))
        window.contrast.palette_picked.connect(lambda name: setattr(self.view, "palette", name))
        window.contrast.diverging_palette_picked.connect(
            lambda name: setattr(self.view, "diverging_palette", name)
        )
        self.view.events.connect(self._show_contrast)
        transport = window.input.transport
        transport.play_toggled.connect(
            lambda playing: self.engine.control(lambda source: source.play(playing))
        )
        transport.step_requested.connect(self.commands.step_source)
        transport.seek_requested.connect(
            lambda index: self.engine.control(lambda source: source.seek(index))
        )
        transport.speed_picked.connect(
            lambda speed: self.engine.control(lambda source: source.set_speed(speed))
        )
        transport.loop_toggled.connect(
            lambda loop: self.engine.control(lambda source: source.set_loop(loop))
        )
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
        if new.network.phase is Phase.FAILED and new.network.network is None:
            self._fall_back("network", new.network.error, self._options.net, DEFAULT_NETWORK)
        if new.source.phase is Phase.FAILED:
            self._fall_back("source", new.source.error, self._options.source, "demo")

    def _fall_back(
        self, what: str, error: UserError | None, asked: str | None, default: str
    ) -> None:
        """Take the default, once, where the last session's choice is gone. Not what was asked."""
        if asked is not None or what in self._fallen_back:
            return
        self._fallen_back.add(what)
        if error is not None:
            self._notice(f"last-{what}", f"The last {what} is not there: {error.cause}")
        (self.sources.load if what == "network" else self.sources.open)(default)

    def _show_network(self, network: Network | None) -> None:
        if network is None:
            return
        self.keeping.restore_selection(network)
        broken = network.nonfinite_weights()
        if broken:
            more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
            self._notice(
                "nan",
                f"The weights hold NaN or infinity ({broken[0]}{more})",
                "Load an undamaged weights file",
            )
        else:
            self.window.banners.clear_banner("nan")

    def _show_store(self, fault: UserError | None) -> None:
        if fault is None:
            self.window.banners.clear_banner("store")
        else:
            self._notice("store", fault.cause, fault.remedy)

    def _show_contrast(self, *_: object) -> None:
        view = self.view
        self.window.contrast.set_values(view.contrast, view.palette, view.diverging_palette)

    def _show_recording(self, what: str) -> None:
        self.actions["record-window"].setChecked(what == "window")
        self.actions["record-grid"].setChecked(what == "grid")

    def _notice(self, key: str, cause: str, remedy: str = "") -> None:
        self.window.banners.show_banner(key, cause, remedy, Severity.NOTICE)

    def _first_picture(self, snapshot: Snapshot) -> None:
        if snapshot.grids and self._options.exit_after_first_picture:
            self.presenter.shown.disconnect(self._first_picture)
            self.window.repaint()
            print(json.dumps({"first_picture_at": time.time()}), flush=True)  # noqa: T201
            self.window.close()

    # Settings and session

    def _change_settings(self, settings: Settings) -> None:
        self.settings = settings
        self._adopt_settings(settings)
        try:
            save_settings(settings)
        except UserError as error:
            self.window.banners.show_banner("settings", error.cause, error.remedy)

    def _adopt_settings(self, settings: Settings) -> None:
        self._theme.set_choice(ThemeChoice(settings.appearance.theme.value))
        self.view.palette = settings.appearance.sequential_palette
        self.view.diverging_palette = settings.appearance.diverging_palette
        self.view.change_contrast(percentile=settings.live.percentile)
        fit = settings.capture.fit
        self.view.fit = None if fit is FitChoice.NETWORK else Fit(fit.value)
        self.sources.settings = self.saving.settings = settings
        self.engine.set_threads(settings.live.threads or None)
        self.engine.jobs.set_share(settings.live.job_share)
        self.window.jobs.set_share(settings.live.job_share)
        if self.store is not None:
            self.store.limit_bytes = store_limit(settings)
        self.presenter.set_settings(settings)
        set_keys(self.actions, settings.keys)
        self._show_contrast()
        self._fill_help()

    def _fill_help(self) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for info in ACTIONS:
            keys = keys_of(info, self.settings.keys)
            if keys:
                groups.setdefault(info.group, []).append((" or ".join(keys), info.tip))
        groups["Mouse"] = [
            ("Click", "Pick a unit or a layer"),
            ("Double click", "Let a unit fill the grid, and back"),
            ("Alt+Click", "Pin a unit: it stays explained"),
            ("Ctrl+Click", "Open a layer beside the present one"),
            ("Click a class", "Its unit, its preferred image, why; on the pin: keep it in view"),
            ("Wheel", "Larger or smaller tiles; with Ctrl: scroll"),
        ]
        self.window.help.set_groups(
            tuple(HelpGroup(title, tuple(rows)) for title, rows in groups.items())
        )

    def _first_source(self) -> str:
        from deepvis_app.frames import list_cameras

        cameras = list_cameras()
        return cameras[0].spec if cameras else "demo"

    def _keep_share(self, share: float) -> None:
        self._change_settings(self.settings.with_value("live", "job_share", round(share, 2)))


def install_excepthook(window: MainWindow) -> None:
    """Show an unexpected error as a banner; the window stays open."""

    def show(kind: type[BaseException], error: BaseException, trace: object) -> None:
        logger.error("unexpected", exc_info=(kind, error, trace))  # type: ignore[arg-type]
        line = traceback.format_exception_only(kind, error)[-1].strip()
        window.banners.show_banner("unexpected", f"Something unexpected happened: {line}")

    sys.excepthook = show
