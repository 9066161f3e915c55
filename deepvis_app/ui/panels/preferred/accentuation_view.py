"""What a unit likes, brought out in a photograph: which one, and the picture before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BEFORE, AFTER = "before", "after"
SIDES = (
    Segment(BEFORE, "Before", "The picture as it was"),
    Segment(AFTER, "After", "The picture with what the unit likes brought out"),
)
BEST_TIP = "Bring out what the unit likes in the photograph that excites it most"
LIVE_TIP = "Bring out what the unit likes in the picture that is shown now"


class AccentuationView(QWidget):
    """Two buttons, and what came of the last."""

    best_requested = pyqtSignal()
    live_requested = pyqtSignal()
    side_picked = pyqtSignal(str)  # BEFORE or AFTER
    explanation_requested = pyqtSignal(str)  # topic

    def __init__(self) -> None:
        super().__init__()
        self._problems: tuple[str, str] | None = None
        self._header = SectionHeader("Bring out in", explains=True)
        self._header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("accentuation")
        )
        self.best = QPushButton("Best photograph")
        self.best.clicked.connect(self.best_requested)
        self.live = QPushButton("Live frame")
        self.live.clicked.connect(self.live_requested)
        self._picture = PictureView("")
        self._picture.setAccessibleName("Picture with what the unit likes brought out")
        self._sides = Segmented(SIDES, AFTER)
        self._sides.setAccessibleName("Before or after")
        self._sides.picked.connect(self.side_picked)
        self._note = QLabel()
        self._note.setProperty("role", "detail")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        buttons = QGridLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.best, 0, 0)
        buttons.addWidget(self.live, 0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._header)
        column.addLayout(buttons)
        for widget in (self._picture, self._sides, self._note):
            column.addWidget(widget)
        self.set_problems("Pick a unit first", "Pick a unit first")
        self.set_picture(None)
        self.set_note("")

    def set_problems(self, best: str, live: str) -> None:
        """Say why nothing can be brought out in either picture, "" where it can."""
        if (best, live) == self._problems:
            return
        self._problems = best, live
        for button, problem, tip in ((self.best, best, BEST_TIP), (self.live, live, LIVE_TIP)):
            button.setEnabled(not problem)
            button.setToolTip(problem or tip)

    def set_picture(self, picture: NDArray[np.uint8] | None, side: str = AFTER) -> None:
        """Show a picture (H, W, 3) with the choice between before and after; None: no room."""
        self._picture.set_picture(picture)
        self._sides.set_current(side)
        for widget in (self._picture, self._sides):
            widget.setVisible(picture is not None)

    def set_note(self, text: str) -> None:
        """Say how far it is, or what it is."""
        self._note.setText(text)
        self._note.setVisible(bool(text))
