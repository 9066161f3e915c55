"""Opening sources and networks: by dialog, drop, paste, chooser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QMimeData, QObject, QUrl
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QFileDialog

from deepvis_app.errors import UserError, short_text
from deepvis_app.frames import StillSource
from deepvis_app.frames.address import shown
from deepvis_app.nets.weights import SUFFIXES
from deepvis_app.paths import expanded
from deepvis_app.trusted import agree, load_trusted
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.shell.recents import NETWORK_SUFFIXES, whole_network, whole_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.nets.trust import ForeignCode
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow

MEDIA_FILTER = (
    "Pictures and videos (*.jpg *.jpeg *.png *.webp *.bmp *.gif *.tif *.tiff *.mp4 *.avi *.mkv "
    "*.mov *.webm *.m4v *.txt);;All files (*)"
)
NETWORK_FILTER = "Networks (*.pt2 *.toml *.pth *.pt);;All files (*)"
WEIGHTS_FILTER = "Weights (*.pth *.pt *.bin *.ckpt *.safetensors);;All files (*)"


# What names a source that is no file. A sentence may begin like one.
NAMED = re.compile(r"demo|(camera|screen)(:\S+)?|(list|run):\S+|(https?|rtsps?|rtmp)://\S+", re.I)
CAMERA = re.compile(r"camera:\S.*")  # by name, which may have blanks
REMEDY = "A picture, a file, a folder or an address can be shown"
REFUSED = "paste"  # key of the banner


class Sources(QObject):
    """What the user opens goes through here to the engine."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        super().__init__(window)
        self._window = window
        self._engine = desk.engine
        self._notices = desk.notices
        self._options, self._setting = desk.options.view, desk.options.setting
        self._folder = ""
        self._camera = "camera:0"
        self._files: str | list[str] = "demo"
        # Takes a picture that deepvis made in its own way; False: it is a picture like any other.
        self.take_own_picture: Callable[[Path], bool] = lambda _: False
        # Takes weights for the network that is shown; False: there is none.
        self.take_weights: Callable[[Path], bool] = lambda _: False
        self.source = ""  # the last spec that was opened, "" for pictures without one
        self.has_opened = False  # anything yet
        self.weights: dict[str, str] = {}  # network spec -> the weights file it was loaded with
        self._tried: dict[str, str] = {}  # network spec -> the weights it was last to have
        self.asks = True  # about code of the network that is being loaded
        self._trusted: set[tuple[str, str]] = set()  # networks with weights, on the command line
        self._agreed: frozenset[str] = frozenset()  # digests that could not be kept in the file
        window.dropped.connect(self.drop)

    def open(self, source: str | Sequence[str]) -> None:
        """Open a source by spec or several files; the outcome is in the engine's status."""
        if isinstance(source, str):
            source = whole_source(source)
        if isinstance(source, str) and source.startswith("camera"):
            source = self._with_size(source)
            self._camera = source
            self._options.mirror = self._setting.settings.capture.mirror_camera
        else:
            self._files = source if isinstance(source, str) else list(source)
            self._options.mirror = False
        self._notices.clear(REFUSED)
        self.source = source if isinstance(source, str) else ""
        self._show(source)

    def _show(self, source: str | Sequence[str] | StillSource) -> None:
        """Open it, and let go of a picture that was held: what was opened is to be seen."""
        self.has_opened = True
        self._engine.freeze(False)
        self._engine.open_source(source)

    def choose(self, spec: str) -> None:
        """Open what was chosen in the list or typed there; what is not there is not opened."""
        if CAMERA.fullmatch(spec) or NAMED.fullmatch(spec):
            self.open(spec)
        else:
            self._open_text(spec)

    def load(
        self, spec: str, weights: str | None = None, *, trust: bool = False, asks: bool = True
    ) -> None:
        """Load a network by spec or file; the old one goes on until the new one is there.

        `weights` is a file; "" for the network's own; None for those it had the last time. With
        `trust` code that it brings may run, now and for as long as the program runs; else only
        what the user has agreed to. `asks`: other code is asked about, else only refused.
        """
        self.asks = asks
        spec = whole_network(spec)
        if weights is None:
            weights = self.weights.get(spec, "")
        if weights:
            weights = str(expanded(weights).absolute())
        self._tried[spec] = weights
        if trust:
            self._trusted.add((spec, weights))
        is_trusted = (spec, weights) in self._trusted
        agreed = load_trusted()[0].digests | self._agreed
        self._engine.load(spec, weights or None, is_trusted or agreed)

    def tried(self, spec: str) -> str:
        """Return the weights with which that network was last to be loaded, "" for its own."""
        return self._tried.get(spec, "")

    def agree(self, code: ForeignCode) -> None:
        """Let code run from now on. Raises `UserError` where that holds for this run alone."""
        try:
            agree(code.digest, str(code.file.absolute()), code.what, code.lies_in)
        except UserError:
            self._agreed |= {code.digest}
            raise

    def has_network(self) -> bool:
        """Tell whether a network is shown."""
        return self._engine.status().network.network is not None

    def toggle_camera(self) -> None:
        """Switch between the camera and the files that were shown last, as the ancestor's `c`."""
        self.open(self._files if self.source.startswith("camera") else self._camera)

    def open_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Open pictures or a video", self._folder, MEDIA_FILTER
        )
        self._open_paths([Path(name) for name in names])

    def open_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, "Open a folder", self._folder)
        self._open_paths([Path(name)] if name else [])

    def open_network(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open a network", self._folder, NETWORK_FILTER
        )
        self._open_paths([Path(name)] if name else [])

    def open_weights(self) -> None:
        """Ask for a weights file and load it into the network that is shown."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Weights for the network that is shown", self._folder, WEIGHTS_FILTER
        )
        self._open_paths([Path(name)] if name else [])

    def paste(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and (mime := clipboard.mimeData()) is not None:
            self._take(mime, "Pasted picture")

    def drop(self, mime: QMimeData) -> None:
        self._take(mime, "Dropped picture")

    def _take(self, mime: QMimeData, title: str) -> None:
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if files:
            self._open_paths(files)
        elif mime.hasImage() and isinstance(image := mime.imageData(), QImage):
            self._notices.clear(REFUSED)
            self.source = ""
            self._options.mirror = False
            self._show(StillSource(image_to_rgb(image), title))
        elif text := mime.text().strip():
            self._open_text(text)
        else:
            self._refuse("There is nothing to look at in it")

    def _open_text(self, text: str) -> None:
        """Open what a text names; one that names nothing leaves the source alone."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        paths = [path for line in lines if (path := _path_in(line)) is not None]
        if len(paths) == len(lines):
            self._open_paths(paths)
            return
        if len(lines) == 1 and NAMED.fullmatch(lines[0]):
            self.open(lines[0])
            return
        self._refuse(f"“{short_text(shown(lines[0]))}” is no picture, file or address that is here")

    def _refuse(self, cause: str) -> None:
        self._notices.warn(REFUSED, cause, REMEDY)

    def _open_paths(self, paths: Sequence[Path]) -> None:
        if not paths:
            return
        self._folder = str(paths[0].parent)
        networks = [path for path in paths if path.suffix.lower() in NETWORK_SUFFIXES]
        if networks:
            is_weights = networks[0].suffix.lower() in SUFFIXES
            if not (is_weights and self.take_weights(networks[0])):
                self.load(str(networks[0]))
            return
        if len(paths) == 1 and self.take_own_picture(paths[0]):
            return
        self.open(str(paths[0]) if len(paths) == 1 else [str(path) for path in paths])

    def _with_size(self, spec: str) -> str:
        size = self._setting.settings.capture.camera_size
        return spec if "@" in spec or size == "auto" else f"{spec}@{size}"


def _path_in(line: str) -> Path | None:
    """Return the path that a line is, as a shell or a file manager writes it; None: it is none."""
    text = line.strip("'\"")
    if text.lower().startswith("file:"):
        text = QUrl(text).toLocalFile()
    try:
        path = expanded(text)
        return path.absolute() if text and path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, not a name, nobody's home
        return None
