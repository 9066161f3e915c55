"""What starts and stops a run, how far it is, and its curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.plots.curve_plot import CurvePlot
from deepvis_app.ui.kit.progress_line import ThinLine
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panels.play.run_state import Doing

if TYPE_CHECKING:
    from collections.abc import Sequence


SHORT = 12  # letters of a name that leave room for more

_LOOKS = {
    Doing.OFF: ("Run", "play", ""),
    Doing.READY: ("Run", "play", "Make the picture"),
    Doing.RUNNING: ("Stop", "stop", "Rest here: what there is stays, and it can go on"),
    Doing.HELD: ("Go on", "play", "Go on where it stopped"),
    Doing.DONE: ("Again", "refresh", "Make it anew; where nothing was changed, from another seed"),
}


class RunControls(QWidget):
    """Everything shown comes in by setters."""

    pressed = pyqtSignal()
    anew_requested = pyqtSignal()
    every_requested = pyqtSignal()
    end_requested = pyqtSignal()
    mend_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._doing: Doing | None = None
        self._is_film = False
        self.main = QPushButton()
        self.main.setProperty("kind", "primary")
        self.main.clicked.connect(self.pressed)
        self.anew = QPushButton("Anew")
        self.anew.setToolTip("Leave what was stopped and begin from the start")
        self.anew.clicked.connect(self.anew_requested)
        self.end = QPushButton("End")
        self.end.setToolTip("Let it be what there is of it by now: it plays up to there")
        self.end.clicked.connect(self.end_requested)
        self.every = QPushButton("Every layer")
        self.every.setToolTip("The same picture from every stage of the network, as a strip")
        self.every.clicked.connect(self.every_requested)
        self.line = ThinLine()
        self.text, self.error = ElidedLabel(), ElidedLabel()
        for label in (self.text, self.error):
            label.setProperty("role", "detail")
        self.notice = NoticeLine()
        self.notice.acted.connect(self.mend_requested)
        self.header = SectionHeader("Error by step", explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("play-curve")
        )
        self.curve = CurvePlot("Drawn as the steps go on", "Curve by step")
        self._arrange()
        self.set_every(False)
        self.set_film(False)
        self.set_state(Doing.OFF, "")

    def set_state(
        self, doing: Doing, text: str, share: float | None = 0.0, error: str = ""
    ) -> None:
        """Show what can be done and how far it is; `share` None: it is not known."""
        self.text.set_text(text)
        self.error.set_text(error)
        self.line.set_share(share)
        if doing is self._doing:
            return
        self._doing = doing
        words, drawing, tip = _LOOKS[doing]
        self.main.setText(words)
        self.main.setIcon(icon(drawing, "accent_text"))
        self.main.setToolTip(tip)
        self.main.setEnabled(doing is not Doing.OFF)
        self._show_anew()

    def state(self) -> Doing | None:
        return self._doing

    def set_film(self, is_film: bool, *, ends: bool = False) -> None:
        """Be the controls of a film, which has no curve and may be ended; or of a picture."""
        self._is_film = is_film
        self.end.setVisible(ends)
        self.header.setVisible(not is_film)
        self.curve.setVisible(not is_film)
        self._show_anew()

    def _show_anew(self) -> None:
        self.anew.setVisible(self._doing is Doing.HELD and not self._is_film)

    def set_every(self, offers: bool, *, is_running: bool = False) -> None:
        self.every.setVisible(offers)
        self.every.setText("Stop layers" if is_running else "Every layer")

    def set_curve(self, name: str, values: Sequence[float], total: int, detail: str = "") -> None:
        self.header.set_title(f"{name} by step" if len(name) <= SHORT else name)
        self.header.set_detail(detail)
        self.curve.set_curves((values,) if len(values) else (), total)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.main, self.anew, self.end, self.every):
            buttons.addWidget(button)
        buttons.addStretch(1)
        words = QHBoxLayout()
        words.setSpacing(8)
        words.addWidget(self.text, 1)
        words.addWidget(self.error)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(buttons)
        column.addWidget(self.line)
        column.addLayout(words)
        column.addWidget(self.notice)
        column.addWidget(self.header)
        column.addWidget(self.curve)
