"""What the three choosers offer, and the banners that tell of what went wrong."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication

from deepvis_app import paths
from deepvis_app.engine.cameras import look_for_cameras
from deepvis_app.engine.status import Phase
from deepvis_app.frames import CAMERA_SIZES
from deepvis_app.frames.address import is_address, shown
from deepvis_app.nets import available_networks
from deepvis_app.nets.trust import UntrustedCodeError
from deepvis_app.session import RecentNetwork
from deepvis_app.ui.kit.banner import Severity
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup
from deepvis_app.ui.shell.recents import told_apart
from deepvis_app.ui.shell.weights import WeightsPresenter, stored_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from deepvis_app.engine.status import EngineStatus, NetworkStatus, SourceStatus
    from deepvis_app.errors import UserError
    from deepvis_app.frames import CameraInfo
    from deepvis_app.nets import CatalogueEntry
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.shell.sources import Sources

RECENT = 5
OPENING_S = 2.0  # then it is said for how long a source has been opened
T = TypeVar("T")


class ChooserPresenter(QObject):
    """Fills the top bar from the engine's status and acts on what is chosen there."""

    def __init__(self, window: MainWindow, desk: Desk, sources: Sources) -> None:
        super().__init__(window)
        self._window, self._notices = window, desk.notices
        self._engine = engine = desk.engine
        self._sources = sources
        self.recent_networks: tuple[RecentNetwork, ...] = ()
        self._by_key: dict[str, RecentNetwork] = {}  # of the choices in the list
        self.recent_sources: tuple[str, ...] = ()
        self._opening: SourceStatus | None = None
        self._note = ""  # of the weights of a network that learns, as it is shown
        self._cameras: Future[tuple[CameraInfo, ...]] | None = None  # looked for
        top = window.top
        top.sources_opened.connect(self._fill_sources)
        top.networks_opened.connect(self._fill_networks)
        top.source_chosen.connect(sources.choose)
        top.network_chosen.connect(self._load)
        top.device_chosen.connect(engine.use_device)
        top.action_chosen.connect(self._act)
        self._show_device(engine.status())
        self._weights = WeightsPresenter(desk, sources, top.network.open_popup)

    def show_status(self, old: EngineStatus, new: EngineStatus) -> None:
        self._show_source(new.source)
        self._show_network(new.network)
        self._weights.show_status(old.network, new.network)
        if (old.device, old.devices) != (new.device, new.devices):
            self._show_device(new)
        # What was opened anew and fails is said anew; what is tried again by itself is not.
        failed = new.source.phase is Phase.FAILED
        self._show_error("source", old.source.error, new.source.error, again=failed)
        self._show_error("picture", old.source.notice, new.source.notice, Severity.NOTICE)
        before, now = (_not_asked_about(status.network.error) for status in (old, new))
        self._show_error("network", before, now, again=True)
        self._show_error("fault", old.fault, new.fault)
        before, now = (one.followed.problem if one.followed else None for one in (old, new))
        self._show_error("weights-torn", before, now, Severity.NOTICE)

    def _show_source(self, status: SourceStatus) -> None:
        chip = self._window.top.source
        chip.set_busy(status.phase is Phase.OPENING)
        if status.info is not None:
            chip.set_texts(status.info.title, status.info.detail)
        elif status.phase is not Phase.EMPTY:
            chip.set_texts(_short(status.spec) or "Source", _phase_words(status.phase))
        self._opening = status if status.phase is Phase.OPENING else None
        if status.phase is Phase.READY and status.spec:
            self.recent_sources = _recent(status.spec, self.recent_sources)

    def _show_step(self, status: EngineStatus) -> None:
        """Say beside the name of a network that learns how far it has come."""
        network, note = status.network.network, status.followed.note if status.followed else ""
        if network is not None and note and note != self._note:
            self._note = note
            self._window.top.network.set_texts(network.name, note)

    def tick(self, status: EngineStatus) -> None:
        """List cameras once they are known; say for how long a source has been opened."""
        if self._cameras is not None and self._cameras.done():
            cameras, self._cameras = self._cameras.result(), None
            self._list_sources(camera_choices(cameras))
        self._show_step(status)
        slow = self._opening
        if slow is not None and (passed_s := time.monotonic() - slow.since_s) >= OPENING_S:
            words = f"opening for {passed_s:.0f} s"
            self._window.top.source.set_texts(_short(slow.spec) or "Source", words)

    def _show_network(self, status: NetworkStatus) -> None:
        chip = self._window.top.network
        chip.set_busy(status.phase is Phase.OPENING)
        network = status.network
        if network is None:
            chip.set_texts(status.spec or "No network", _phase_words(status.phase))
        else:
            classes = f"{len(network.labels)} classes" if network.labels else ""
            chip.set_texts(network.name, classes)
            self._note = ""
            if status.phase is Phase.READY and network.spec:
                newest = RecentNetwork(spec=network.spec, weights=network.weights_file)
                self.recent_networks = _recent(newest, self.recent_networks)
        progress = status.progress
        if status.phase is Phase.OPENING and progress is not None:
            self._window.progress.set_progress(progress.what, progress.done, progress.total)
        else:
            self._window.progress.clear()

    def _show_device(self, status: EngineStatus) -> None:
        import torch

        threads = torch.get_num_threads()
        detail = f"{threads} thread" + ("s" if threads != 1 else "")
        self._window.top.device.set_texts(
            status.device.upper(), detail if status.device == "cpu" else ""
        )
        choices = [Choice("auto", "Automatic", tip="The fastest device there is")]
        choices += [Choice(name, name.upper()) for name in status.devices]
        self._window.top.set_devices([ChoiceGroup("", tuple(choices))], status.device)

    def _show_error(
        self,
        key: str,
        old: UserError | None,
        new: UserError | None,
        severity: Severity = Severity.ERROR,
        *,
        again: bool = False,
    ) -> None:
        """Show or clear a banner; `again`: also where what went wrong is what did before."""
        if new is None and old is not None:
            self._notices.clear(key)
        elif new is not None and new is not old and (again or str(new) != str(old)):
            self._notices.warn(key, new.cause, new.in_window, severity=severity)

    def _fill_sources(self) -> None:
        self._cameras = look_for_cameras()
        self._list_sources((Choice("camera", "Looking for cameras…", enabled=False),))

    def _list_sources(self, cameras: tuple[Choice, ...]) -> None:
        groups = source_groups(self.recent_sources, cameras, _screen_choices())
        self._window.top.set_sources(groups, self._engine.status().source.spec)

    def _fill_networks(self) -> None:
        entries = available_networks(paths.config_dir() / "networks", paths.CONFIGS / "networks")
        titles = {entry.spec: entry.title for entry in entries}
        network = self._engine.status().network.network
        groups: dict[str, list[Choice]] = {}
        self._by_key = {key_of(recent): recent for recent in self.recent_networks}
        if network is not None and (stored := stored_weights(network)):
            groups["Weights in the file"] = [
                Choice(key_of(each), title, f"{count} tensors", tip=each.weights)
                for each, title, count in stored
            ]
            self._by_key |= {key_of(each): each for each, *_ in stored}
        if self.recent_networks:
            groups["Recent"] = recent_choices(self.recent_networks, titles)
        for entry in entries:
            groups.setdefault(entry.group, []).append(_network_choice(entry))
        self._window.top.set_networks(
            [ChoiceGroup(title, tuple(choices)) for title, choices in groups.items()],
            key_of(RecentNetwork(spec=network.spec, weights=network.weights_file))
            if network
            else "",
        )

    def _load(self, chosen: str) -> None:
        """Load a choice of the list, which says with which weights, or what was typed."""
        recent = self._by_key.get(chosen) or RecentNetwork(spec=chosen)
        self._sources.load(recent.spec, recent.weights)

    def _act(self, key: str) -> None:
        {
            "open-files": self._sources.open_files,
            "open-folder": self._sources.open_folder,
            "open-network": self._sources.open_network,
            "open-weights": self._sources.open_weights,
        }[key]()


def _not_asked_about(error: UserError | None) -> UserError | None:
    """Return what a banner says; whether code may run is asked instead."""
    return None if isinstance(error, UntrustedCodeError) else error


def source_groups(
    recent: Sequence[str], cameras: tuple[Choice, ...], screens: tuple[Choice, ...]
) -> list[ChoiceGroup]:
    """Return what the list offers to look at; what has a group of its own is not recent too."""
    demo = (Choice("demo", "Demo", "animals and things in motion"),)
    listed = {choice.key for choice in (*cameras, *screens, *demo)}
    specs = [spec for spec in recent if spec not in listed]
    names = [_short(spec) for spec in specs]
    files = [
        Choice(spec, name, folder, tip=shown(spec))
        for spec, name, folder in zip(specs, names, _folders(specs, names), strict=True)
    ]
    groups = [
        ChoiceGroup("Cameras", cameras),
        ChoiceGroup("Recent", tuple(files)),
        ChoiceGroup("Screen", screens),
        ChoiceGroup("Demo", demo),
    ]
    return [group for group in groups if group.choices]


def camera_choices(cameras: Sequence[CameraInfo]) -> tuple[Choice, ...]:
    if not cameras:
        return (Choice("camera", "No camera found", enabled=False),)
    found = []
    for camera in cameras:
        found.append(Choice(camera.spec, camera.name, tip="As large as it comes"))
        found += [
            Choice(f"{camera.spec}@{width}x{height}", camera.name, f"{width} × {height}")
            for width, height in CAMERA_SIZES
        ]
    return tuple(found)


def _screen_choices() -> tuple[Choice, ...]:
    found = []
    for number, screen in enumerate(QGuiApplication.screens(), 1):
        size = screen.size() * screen.devicePixelRatio()
        found.append(
            Choice(f"screen:{number}", f"Screen {number}", f"{size.width()} × {size.height()}")
        )
    return tuple(found)


def _network_choice(entry: CatalogueEntry) -> Choice:
    detail = entry.detail
    if entry.accuracy is not None and entry.size_mb is not None:
        detail = f"{entry.accuracy:.1f} % · {entry.size_mb:.0f} MB"
    return Choice(entry.spec, entry.title, detail, tip=f"{entry.spec}: {entry.detail}")


def key_of(network: RecentNetwork) -> str:
    """Return what names a network with its weights in the list."""
    return f"{network.spec} {network.weights}".strip()


def recent_choices(recent: Sequence[RecentNetwork], titles: Mapping[str, str]) -> list[Choice]:
    """Return what the list offers of recent networks; those of one name are told apart.

    A network with weights of a file says which; one of a file says its folder where need be.
    """
    names = [titles.get(each.spec, _short(each.spec)) for each in recent]
    files = iter(told_apart([each.weights for each in recent if each.weights]))
    choices = []
    for each, name, folder in zip(
        recent, names, _folders([each.spec for each in recent], names), strict=True
    ):
        detail = " · ".join(filter(None, (folder, next(files) if each.weights else "")))
        tip = f"{each.spec}, weights {each.weights}" if each.weights else each.spec
        choices.append(Choice(key_of(each), name, detail, tip=tip))
    return choices


def _folders(specs: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return of each spec the folder that tells it apart from another of its name, "" for none."""
    folders = []
    for spec, name in zip(specs, names, strict=True):
        same = {s: "" for s, other in zip(specs, names, strict=True) if other == name}
        end = dict(zip(same, told_apart(list(same)), strict=True))[spec]
        folders.append(str(Path(end).parent) if Path(end).parent != Path() else "")
    return folders


def _recent(newest: T, known: tuple[T, ...]) -> tuple[T, ...]:
    return (newest, *(other for other in known if other != newest))[:RECENT]


def _short(spec: str) -> str:
    """Return the last part of a path, an address without its password, a zoo's name."""
    if is_address(spec):
        return shown(spec)
    return spec.rstrip("/").rsplit("/", 1)[-1] or spec


def _phase_words(phase: Phase) -> str:
    return {
        Phase.EMPTY: "",
        Phase.OPENING: "opening…",
        Phase.READY: "",
        Phase.LOST: "gone, waiting",
        Phase.ENDED: "ended",
        Phase.FAILED: "not available",
    }[phase]
