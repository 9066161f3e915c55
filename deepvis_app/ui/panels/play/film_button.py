"""“Film…”: what a film is made of and how, in a popup; then where it goes."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.fields import form_fields
from deepvis_app.frames import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from deepvis_app.synth.play import FilmSpec
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.form import Form, Look
from deepvis_app.ui.kit.popup_frame import PopupFrame

WIDTH_PX = 400
TIP = "Make a film: every frame of a video, into an MP4"
SAID = (
    "A frame that starts from what was made of the one before it flickers less and takes fewer "
    "steps. The film plays at every moment of its making. Sound is left out."
)
VIDEOS = sorted(VIDEO_SUFFIXES - PICTURE_SUFFIXES)
FILTER = f"Videos ({' '.join(f'*{suffix}' for suffix in VIDEOS)});;All files (*)"


class FilmButton(QPushButton):
    """Everything shown comes in by setters. Dialogs answer by signals."""

    wanted = pyqtSignal()
    other_wanted = pyqtSignal()  # another video
    start_wanted = pyqtSignal()
    back_wanted = pyqtSignal()  # to the film that is being made
    video_chosen = pyqtSignal(Path)
    place_chosen = pyqtSignal(Path)
    changed = pyqtSignal(str, object)  # path, value

    def __init__(self) -> None:
        super().__init__("Film…")
        self.form = Form(form_fields(FilmSpec), Look(sliders=True, names_role="muted"))
        self.form.changed.connect(self.changed)
        self._video = ElidedLabel()
        self.other = QPushButton("Other…")
        self.other.setToolTip("Choose another video")
        self.other.clicked.connect(self.other_wanted)
        self.start = QPushButton("Make the film…")
        self.start.setProperty("kind", "primary")
        self.start.setToolTip("Choose where the MP4 goes, and begin")
        self.start.clicked.connect(self.start_wanted)
        self.back = QPushButton("Back to the film")
        self.back.setProperty("kind", "quiet")
        self.back.setToolTip("Show the one that is being made")
        self.back.clicked.connect(self.back_wanted)
        self.popup = PopupFrame(self._content(), self)
        self.clicked.connect(self.wanted)
        self.set_why_not("")
        self.set_back(False)

    def set_why_not(self, why_not: str) -> None:
        """Say why there can be no film; "": there can."""
        self.setEnabled(not why_not)
        self.setToolTip(why_not or TIP)

    def set_video(self, name: str, folder: str) -> None:
        self._video.set_text(name)
        self._video.setToolTip(folder)

    def set_back(self, offers: bool) -> None:
        self.back.setVisible(offers)

    def video(self) -> str:
        return self._video.text()

    def open_settings(self) -> None:
        self.popup.open_below(self)
        self.start.setFocus()

    def ask_video(self, folder: str) -> None:
        """Have a video chosen."""
        self.popup.close()
        name, _ = QFileDialog.getOpenFileName(self, "Which video is filmed", folder, FILTER)
        if name:
            self.video_chosen.emit(Path(name))

    def ask_place(self, proposed: Path) -> None:
        """Have it chosen where the MP4 goes; a file that is there is asked about."""
        self.popup.close()
        dialog = QFileDialog(self, "Where the film goes", str(proposed.parent), "MP4 (*.mp4)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mp4")
        dialog.selectFile(proposed.name)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.place_chosen.emit(Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def _content(self) -> QWidget:
        title = QLabel("Film a video")
        title.setProperty("role", "title")
        words = QLabel(SAID)
        words.setProperty("role", "detail")
        words.setWordWrap(True)
        video = QHBoxLayout()
        video.setSpacing(8)
        video.addWidget(self._video, 1)
        video.addWidget(self.other)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.start)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        content = QWidget()
        content.setFixedWidth(WIDTH_PX)
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addWidget(title)
        column.addLayout(video)
        column.addWidget(self.form)
        column.addWidget(words)
        column.addLayout(buttons)
        return content
