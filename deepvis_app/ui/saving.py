"""Screenshots, activations and recordings: what is shown, as files."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QImage

from deepvis_app import __version__
from deepvis_app.errors import UserError
from deepvis_app.ui.images import image_to_rgb
from deepvis_app.ui.widgets.pixels import rgb_image

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine import Engine, Handle
    from deepvis_app.settings import Settings
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.widgets.mosaic_canvas import MosaicCanvas

RECORD_FPS = 20
POLL_MS = 100


class Saving(QObject):
    """Writes to the user's pictures folder and says where."""

    recording_changed = pyqtSignal(str)  # "window", "grid", "" when it ended

    def __init__(
        self, window: MainWindow, engine: Engine, selection: Selection, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._selection = selection
        self.settings = settings
        self._recorded = ""  # what is being recorded
        self._saved: Path | None = None
        self._waiting: list[tuple[Handle, str]] = []
        self._frames = QTimer(self)
        self._frames.setInterval(1000 // RECORD_FPS)
        self._frames.timeout.connect(self._record_frame)
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look_after)

    def save_window(self) -> None:
        self._save_image(self._window.grab().toImage(), "window")

    def save_grid(self) -> None:
        self._save_image(self._active_canvas().mosaic_image(), self._selection.layer)

    def save_tile(self) -> None:
        canvas = self._active_canvas()
        rect = canvas.tile_rect(self._selection.unit)
        image = None if rect is None else canvas.grab(rect).toImage()
        self._save_image(image, f"{self._selection.layer}-{self._selection.unit}")

    def save_activations(self) -> None:
        """Write the shown layers' activations of the present frame; the worker does the work."""
        try:
            path = self._path("activations", ".npz")
        except UserError as error:
            self._complain(error)
            return
        handle = self._engine.save_activations(path, self._selection.panes)
        self._waiting.append((handle, "Activations"))
        self._poll.start()

    def save_picture(self, picture: NDArray[np.uint8] | None, name: str) -> None:
        """Write a picture (H, W, 3) at its own size."""
        self._save_image(None if picture is None else rgb_image(picture), name)

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
            image = self._active_canvas().mosaic_image()
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

    def _active_canvas(self) -> MosaicCanvas:
        panes = self._selection.panes
        index = panes.index(self._selection.layer) if self._selection.layer in panes else 0
        return self._window.grid.panes[index].canvas

    def _save_image(self, image: QImage | None, name: str) -> None:
        try:
            path = self._path(name, ".png")
            if image is None or image.isNull():
                raise UserError("There is no picture to save yet", "Wait until one is shown")
            if not image.save(str(path)):
                raise UserError(
                    f"{path} cannot be written", "Choose another folder in the settings"
                )
        except UserError as error:
            self._complain(error)
            return
        self._tell(path, "Picture")

    def _path(self, name: str, suffix: str) -> Path:
        folder = self.settings.pictures_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"The folder {folder} cannot be made ({error.strerror})",
                "Choose another one in the settings",
            ) from error
        stamp = datetime.now().strftime("%Y-%m-%d %H.%M.%S")
        plain = "".join(c if c.isalnum() or c in "-._" else "-" for c in name)
        path = folder / f"{stamp} {plain}{suffix}"
        number = 2
        while path.exists():
            path = folder / f"{stamp} {plain} {number}{suffix}"
            number += 1
        return path

    def _tell(self, path: Path, what: str, note: str = "") -> None:
        self._saved = path
        self._window.banners.clear_banner("saving")
        note = f" ({note})" if note else ""
        self._window.toast.show_message(
            f"{what} saved: {path.name}{note}", "Show in folder", do=self._show_folder
        )

    def _complain(self, error: UserError) -> None:
        self._window.banners.show_banner("saving", error.cause, error.remedy)

    def _show_folder(self) -> None:
        if self._saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._saved.parent)))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror})", "Choose another folder in the settings"
        ) from error
