"""Screenshots, activations and recordings: what is shown, as files."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices

from deepvis_app import __version__
from deepvis_app.errors import UserError
from deepvis_app.files import free_path, plain_name, write_whole
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.shell.figure_file import FigureStyle, figure_file
from deepvis_app.ui.shell.save_dialog import SaveDialog
from deepvis_app.ui.shell.shown_figures import ShownFigures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.engine import Engine, Handle
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.desk import Setting
    from deepvis_app.ui.kit.notices import Notices
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.shell.figure_file import Figure

TILE_PX = 512  # least width of a saved map of one unit
RECORD_FPS = 20
POLL_MS = 100


class Saving(QObject):
    """Writes to the user's pictures folder and says where; hands on what is to be shown."""

    recording_changed = pyqtSignal(str)  # "window", "grid", "" when it ended

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        selection: Selection,
        setting: Setting,
        notices: Notices,
    ) -> None:
        super().__init__(window)
        self._window, self._notices = window, notices
        self._engine = engine
        self._selection = selection
        self._setting = setting
        self.figures = ShownFigures(window, engine, selection)
        self.open: Callable[[str], None] = lambda _: None  # a source
        self.load: Callable[[str], None] = lambda _: None  # a network
        self.style = FigureStyle()  # as last chosen in the dialog
        self._recorded = ""  # what is being recorded
        self._saved: Path | None = None
        self._waiting: list[tuple[Handle, str]] = []
        self._frames = QTimer(self)
        self._frames.setInterval(1000 // RECORD_FPS)
        self._frames.timeout.connect(self._record_frame)
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look_after)

    def show(self, path: Path) -> None:
        self.open(str(path))

    def watch(self, network: str, source: str) -> None:
        self.load(network)
        self.open(source)

    def save_window(self) -> None:
        self.save_figure(self.figures.window(), "window", FigureStyle())

    def save_grid(self) -> None:
        self.save_savable("grid", self._selection.layer)

    def save_tile(self) -> None:
        """Write the picked unit's map, large enough to be looked at."""
        found, style = self.figures.make("tile"), self.style
        if found is not None:
            width = found.content.width()
            style = replace(style, scale=max(style.scale, -(-TILE_PX // max(width, 1))))
        self.save_figure(found, f"{self._selection.layer}-{self._selection.unit}", style)

    def choose_figure(self, key: str = "") -> None:
        """Ask what is saved, `key` at first, and how; the answer holds for the keys too."""
        dialog = SaveDialog(self.figures.all(), self.style, self._window, key)
        dialog.save_requested.connect(self._save_chosen)
        dialog.exec()

    def _save_chosen(self, key: str, style: FigureStyle) -> None:
        self.style = style
        name = f"{self._selection.layer}-{self._selection.unit}-{key}"
        self.save_figure(self.figures.make(key), "window" if key == "window" else name)

    def save_savable(self, key: str, name: str = "") -> None:
        """Write what a panel offers under a key; a name says more of what it is."""
        self.save_figure(self.figures.make(key), name or key)

    def save_figure(
        self, found: Figure | None, name: str, style: FigureStyle | None = None
    ) -> None:
        """Write a figure in a style, else in the one that was chosen last."""
        style = style or self.style
        if found is None:
            self._complain(_nothing())
        else:
            self.save_bytes(figure_file(found, style), name, f".{style.format.value}", "Picture")

    def save_activations(self) -> None:
        """Write the shown layers' activations of the present frame; the worker does the work."""
        try:
            path = self._path("activations", ".npz")
        except UserError as error:
            self._complain(error)
            return
        facts = self.figures.provenance("activations", whole=True)
        handle = self._engine.save_activations(path, self._selection.panes, provenance=facts)
        self._waiting.append((handle, "Activations"))
        self._poll.start()

    def save_data(self, key: str, table: str) -> None:
        name = f"{self._selection.layer}-{self._selection.unit}-{key}"
        self.save_bytes(table.encode(), name, ".csv", "Data")

    def save_bytes(self, data: bytes, name: str, suffix: str, what: str) -> None:
        """Write a file that is made already."""
        try:
            path = self._path(name, suffix)
            _write(path, data)
        except UserError as error:
            self._complain(error)
            return
        self._tell(path, what)

    def toggle_recording(self, what: str) -> None:
        """Start recording the "window" or the "grid"; stop when one is recorded."""
        if self._recorded:
            self.stop_recording()
            return
        try:
            path = self._path(what, ".mp4")
        except UserError as error:
            self._complain(error)
            self.recording_changed.emit("")
            return
        self._recorded = what
        self._engine.recorder.start(path, RECORD_FPS, self._tags(what))
        self._frames.start()
        self.recording_changed.emit(what)
        self._window.status.set_message("Recording")

    def _tags(self, what: str) -> dict[str, str]:
        """Return what a recording says of itself in its metadata."""
        status = self._engine.status()
        network, source = status.network.network, status.source.info
        name = network.name if network else "no network"
        where = source.title if source else "no source"
        now = datetime.now().astimezone()
        return {
            "title": f"{name}: {self._selection.layer if what == 'grid' else where}",
            "comment": f"Network: {name}. Source: {where}. deepvis {__version__}",
            "date": now.isoformat(timespec="seconds"),
        }

    def stop_recording(self) -> None:
        if not self._recorded:
            return
        self._frames.stop()
        self._recorded = ""
        self._waiting.append((self._engine.recorder.stop(), "Recording"))
        self._poll.start()
        self._window.status.set_message("")
        self.recording_changed.emit("")

    def _record_frame(self) -> None:
        if self._recorded == "grid":
            image = self.figures.image("grid")
        else:
            image = self._window.grab().toImage()
        if image is not None:
            self._engine.recorder.add(image_to_rgb(image), time.monotonic())
        if (error := self._engine.recorder.error) is not None:
            self.stop_recording()
            self._complain(error)

    def _look_after(self) -> None:
        """Tell of files that a thread has finished writing."""
        for handle, what in [pair for pair in self._waiting if pair[0].done]:
            self._waiting = [pair for pair in self._waiting if pair[0] is not handle]
            if handle.error is not None:
                self._complain(handle.error)
            elif handle.path is not None:
                self._tell(handle.path, what, handle.note)
        if not self._waiting:
            self._poll.stop()

    def _path(self, name: str, suffix: str) -> Path:
        folder = self._setting.settings.pictures_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"The folder {folder} cannot be made ({error.strerror})",
                "Choose another one in the settings",
            ) from error
        stamp = datetime.now().strftime("%Y-%m-%d %H.%M.%S")
        return free_path(folder, f"{stamp} {plain_name(name)}", suffix)

    def _tell(self, path: Path, what: str, note: str = "") -> None:
        self._saved = path
        self._notices.clear("saving")
        note = f" ({note})" if note else ""
        self._notices.offer(f"{what} saved: {path.name}{note}", "Show in folder", self._show_folder)

    def _complain(self, error: UserError) -> None:
        self._notices.fail("saving", error.cause, error.remedy)

    def _show_folder(self) -> None:
        if self._saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._saved.parent)))


def _nothing() -> UserError:
    return UserError("There is no picture to save yet", "Wait until one is shown")


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror})", "Choose another folder in the settings"
        ) from error
