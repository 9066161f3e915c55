"""What is around the panels: top bar, status line, files, session, settings, help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.engine import EngineStatus
from deepvis_app.folders import folder_problem, keeping_problem
from deepvis_app.trusted import load_trusted
from deepvis_app.ui.kit.explanation_card import ExplanationCard
from deepvis_app.ui.shell.actions import all_actions, make_actions, set_keys
from deepvis_app.ui.shell.agreeing import Agreeing
from deepvis_app.ui.shell.choosers import ChooserPresenter
from deepvis_app.ui.shell.commands import Commands
from deepvis_app.ui.shell.head import HeadPresenter
from deepvis_app.ui.shell.help_rows import help_groups
from deepvis_app.ui.shell.keys import assign_keys
from deepvis_app.ui.shell.notices import StandingNotices
from deepvis_app.ui.shell.opening import DEFAULT_NETWORK, Opening
from deepvis_app.ui.shell.own_pictures import OwnPictures
from deepvis_app.ui.shell.patience import Patience
from deepvis_app.ui.shell.saving import Saving
from deepvis_app.ui.shell.session_keeping import SessionKeeping
from deepvis_app.ui.shell.settings.dialog import SettingsDialog
from deepvis_app.ui.shell.settings.rules import follow_engine, follow_view
from deepvis_app.ui.shell.sources import Sources
from deepvis_app.ui.shell.status import StatusPresenter

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.session import Session
    from deepvis_app.settings import Settings
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.panel import Asked, Tick
    from deepvis_app.ui.panels_made import Panels
    from deepvis_app.ui.shell.opening import Start
    from deepvis_app.ui.shell.settings.keeping import SettingsKeeping


class Shell:
    """Turns with the panels in every round. The panels do not know it."""

    def __init__(
        self,
        window: MainWindow,
        desk: Desk,
        panels: Panels,
        setting: SettingsKeeping,
        start: Start,
    ) -> None:
        self._window, self._desk, self._setting, self._start = window, desk, setting, start
        self.panels = panels
        assert isinstance(desk.files, Saving)
        self.saving = saving = desk.files
        self.sources = Sources(window, desk)
        self.agreeing = Agreeing(window, desk.notices, self.sources, DEFAULT_NETWORK)
        self.opening = Opening(start, self.sources, self.agreeing, desk.notices)
        self.choosers = ChooserPresenter(window, desk, self.sources)
        self.own_pictures = OwnPictures(desk, self.sources)
        self.keeping = SessionKeeping(start.kept.session, window, desk, panels.infos)
        self.notices = StandingNotices(desk.notices, desk.selection.pick_unit)
        self.patience = Patience(desk.notices, desk.engine, self.sources)
        self.commands = Commands(window, desk)
        self._head = HeadPresenter(window.inspector, desk.selection)
        self._line = StatusPresenter(window.status)
        self.put_away: Callable[[], bool] = lambda: False  # of a card, before what panels have
        self.on_snapshot: Callable[[Snapshot], None] = lambda _: None  # what a start waits for
        self._status = EngineStatus()  # as shown
        self._network: Network | None = None
        self._infos = all_actions(panels.infos)
        self.actions = make_actions(window, self)
        saving.figures.savables = panels.savables
        saving.open, saving.load = self.sources.open, self.sources.load
        saving.recording_changed.connect(self._show_recording)
        self._explain()
        self._add_buttons()
        self._follow_settings()

    # In every round

    def set_network(self, network: Network | None) -> None:
        self._network = network
        if network is not None:
            self._show_pinned(self._desk.options.why.adopt(network))
        self.panels.set_network(network)
        self._line.forget()
        self._head.set_network(network)
        self.patience.set_network(network)
        self.own_pictures.set_network(network)
        if network is not None:
            self.keeping.restore_selection(network)
            self.notices.show_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return (*self.panels.ask(), *self._head.ask())

    def tick(self, tick: Tick) -> None:
        if _steady(tick.status) != _steady(self._status):
            self._show_status(tick.status)
        self.panels.tick(tick)
        self._head.tick(tick)
        self._line.tick(tick)
        self.opening.tick(tick.now_s)
        self.choosers.tick(tick.status)
        self.patience.tick(tick.status)
        if tick.jobs is not None and not self.keeping.is_futile:
            self.notices.show_faults(self._setting.faults())
        if tick.snapshot is not None:
            self.saving.figures.frame = tick.snapshot.frame
            self.notices.show_first(tick.snapshot.not_finite)
            self.notices.show_failed(tick.snapshot.failed, tick.now_s)
            self.on_snapshot(tick.snapshot)

    def _show_status(self, status: EngineStatus) -> None:
        old, self._status = self._status, status
        self.actions["freeze"].setChecked(status.frozen)
        self.choosers.show_status(old, status)
        self.opening.show_status(status)
        self.agreeing.show_status(status.network)

    def _show_pinned(self, is_gone: bool) -> None:
        if is_gone:
            self._desk.notices.warn("pinned", "The pinned unit is not in this network")
        else:
            self._desk.notices.clear("pinned")

    # Wishes

    def open_settings(self) -> None:
        devices = self._desk.engine.status().devices
        dialog = SettingsDialog(self._setting.settings, self._window, self._infos, devices)
        dialog.settings_changed.connect(self._setting.change)
        dialog.exec()
        dialog.deleteLater()

    def escape(self) -> None:
        """Take away what lies about; where nothing does, be as at the start."""
        if not self.put_away():
            self.panels.escape()

    def turn_to(self, workspace: str) -> None:
        self._desk.sight.workspace = workspace

    # At the start and at the end

    def restore(self) -> None:
        """Bring back what does not depend on the network."""
        self.keeping.restore(self.choosers)

    def tell_of_the_start(self) -> None:
        """Say what files held that cannot be used, and what cannot be kept."""
        kept, nowhere = self._start.kept, keeping_problem()
        problems = (
            *kept.problems,
            *load_trusted()[1],
            *self._desk.options.shelf.problems,
            *self.keeping.problems,
            *assign_keys(self._setting.settings, self._infos).problems,
        )
        self.notices.tell_of_the_start(problems, nowhere, kept.store_problem)
        self.keeping.is_futile = nowhere is not None and bool(folder_problem(paths.config_dir()))

    def left_off(self) -> Session:
        """Return what is to come back at the next start."""
        return self.keeping.left_off(self._network, self.sources, self.choosers)

    # Made once

    def _explain(self) -> None:
        card, topics = ExplanationCard(self._window), self.panels.topics

        def explain(topic: str) -> None:
            card.explain(topics[topic].title, topics[topic].text)

        self._desk.notices.explain = explain

    def _add_buttons(self) -> None:
        top, actions = self._window.top, self.actions
        top.add_button("pause", actions["freeze"])
        top.add_button("step-forward", actions["step"])
        top.add_button("record", actions["record-window"])
        saves = [actions[info.name] for info in self._infos if info.group == "Save"]
        top.add_menu_button("download", "Save what is shown", saves)
        top.add_button("settings", actions["settings"])
        top.add_button("help", actions["help"])
        top.add_narrow_button("columns", actions["inspector"])

    def _show_recording(self, what: str) -> None:
        self.actions["record-window"].setChecked(what == "window")
        self.actions["record-grid"].setChecked(what == "grid")

    def _follow_settings(self) -> None:
        """Put every setting in force now, and again when it changes; nothing else is touched."""
        follow = self._setting.follow
        follow_view(self._setting, self._desk.options.view, self.sources)
        follow_engine(self._setting, self._desk.engine, self._start.kept.store)
        follow(lambda s: (s.keys, s.keyboard, s.appearance.wheel), self._set_keys)
        self._desk.sight.events.workspace.connect(self._give_keys)
        # What was wrong with the file is not there any more once it is written anew.
        follow(lambda s: s, lambda _: self.notices.forget_settings())

    def _set_keys(self, settings: Settings) -> None:
        self._assigned = assign_keys(settings, self._infos)
        self._give_keys()
        self._window.help.set_groups(help_groups(settings, self._infos))

    def _give_keys(self, *_: object) -> None:
        """Let the keys work that are for the workspace which is open."""
        set_keys(self.actions, self._infos, self._assigned.within(self._desk.sight.workspace))


def _steady(status: EngineStatus) -> tuple[object, ...]:
    """Return a status but for what changes with every frame: rates and the place in the source."""
    source = status.source
    return (
        (source.phase, source.spec, source.info, source.error, source.notice, source.broken),
        (status.network, status.device, status.devices, status.frozen, status.fault),
        status.followed.problem if status.followed else None,
    )
