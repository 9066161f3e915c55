"""The head of the workspace: which technique, what one sees, and keeping it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.play.film_button import FilmButton

if TYPE_CHECKING:
    from collections.abc import Sequence

SAVES = (
    ("play-result", "Result, with its recipe"),
    ("play-input", "Input"),
    ("play-difference", "Difference, as shown"),
    ("play-shown", "What is shown"),
)


class PlayHead(QWidget):
    """A row of names, one list where there is little room."""

    technique_picked = pyqtSignal(str)
    save_requested = pyqtSignal(str)
    live_toggled = pyqtSignal(bool)

    def __init__(self, techniques: Sequence[Segment]) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._titles = {each.key: each.text for each in techniques}
        title = QLabel("Play")
        title.setProperty("role", "title")
        self.row = Segmented(techniques)
        self.row.setAccessibleName("Technique")
        self.row.picked.connect(self.technique_picked)
        self._list = ChoicePopup()
        choices = tuple(Choice(each.key, each.text, tip=each.tip) for each in techniques)
        self._list.set_groups([ChoiceGroup("", choices)])
        self._list.chosen.connect(self.technique_picked)
        self.chip = ChipButton("What is done to the picture")
        self.chip.set_popup(self._list)
        self.live = QPushButton("Live")
        self.live.setCheckable(True)
        self.live.toggled.connect(self.live_toggled)
        self.film = FilmButton()
        self.keep = QPushButton("Keep")
        self.keep.setIcon(icon("save"))
        self.keep.setToolTip("Save the result, or what else is shown, as a picture")
        self.keep.clicked.connect(self._open_menu)
        self._sentence = ElidedLabel()
        self._sentence.setProperty("role", "detail")
        top = QHBoxLayout()
        top.setSpacing(12)
        for widget in (title, self.row, self.chip):
            top.addWidget(widget)
        top.addStretch(1)
        for button in (self.live, self.film, self.keep):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._sentence)
        self.set_live(None)
        self.set_film(False)
        self.set_narrow(False)

    def set_technique(self, key: str, sentence: str) -> None:
        self.row.set_current(key)
        self._list.set_current(key)
        self.chip.set_texts(self._titles[key])
        self._sentence.set_text(sentence)

    def set_live(self, on: bool | None, tip: str = "", why_not: str = "") -> None:
        """Show whether every frame is played with; None: the technique has no such form.

        `why_not`: it has, but the network cannot.
        """
        self.live.setVisible(on is not None)
        self.live.blockSignals(True)
        self.live.setChecked(bool(on))
        self.live.blockSignals(False)
        self.live.setToolTip(why_not or tip)
        self.live.setEnabled(not why_not)

    def set_film(self, offers: bool, why_not: str = "") -> None:
        """Offer to film a video, where the technique can; `why_not`: it cannot now."""
        self.film.setVisible(offers)
        self.film.set_why_not(why_not)

    def set_keepable(self, why_not: str) -> None:
        """Say why there is nothing to keep; "": there is something."""
        self.keep.setEnabled(not why_not)
        self.keep.setToolTip(why_not or "Save the result, or what else is shown, as a picture")

    def set_narrow(self, is_narrow: bool) -> None:
        """Be one list, or a row."""
        self.row.setVisible(not is_narrow)
        self.chip.setVisible(is_narrow)

    def menu(self) -> QMenu:
        """Return what can be saved; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for key, text in SAVES:
            menu.addAction(text, lambda key=key: self.save_requested.emit(key))
        return menu

    def _open_menu(self) -> None:
        self.menu().popup(self.keep.mapToGlobal(self.keep.rect().bottomLeft()))
