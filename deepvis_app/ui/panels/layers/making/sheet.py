"""The card on which it is chosen of what directions are made, how and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.form import Form, Look
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.section_header import help_button
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.kit.sheet import Sheet
from deepvis_app.ui.panels.layers.making.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.ui.kit.choices import Offer

WIDEST_PX, NAME_PX, FIELD_PX = 560, 96, 68
TOPIC = "making-directions"


class MakingSheet:
    """A sheet, made when it is first opened."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self.content = MakingContent(owner)
        self.content.hide()
        self._sheet: Sheet | None = None
        self.content.shut.clicked.connect(self.close)

    def open(self) -> None:
        if self._sheet is None:
            self._sheet = Sheet(self._owner.window() or self._owner, WIDEST_PX)
            self._sheet.content.addWidget(self.content)
            self.content.show()
        self._sheet.open()

    def is_open(self) -> bool:
        return self._sheet is not None and self._sheet.is_open()

    def close(self) -> None:
        if self._sheet is not None:
            self._sheet.close_sheet()


class MakingContent(QWidget):
    """Layer and pictures above, the settings, and in a sentence what will be made."""

    corpus_chosen = pyqtSignal(str)
    folder_chosen = pyqtSignal(str)  # to be scanned
    method_picked = pyqtSignal(str)
    changed = pyqtSignal(str, object)  # a field, its value
    make_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._layer = ElidedLabel()
        self._choices = ChoicePopup()
        self._choices.chosen.connect(self.corpus_chosen)
        self.corpus = ChipButton("On which scanned pictures it is looked what the layer gives")
        self.corpus.set_popup(self._choices)
        self.methods = Segmented([Segment("", "")])
        self.methods.keep_words(True)
        self.methods.setAccessibleName("Method")
        self.methods.picked.connect(self.method_picked)
        look = Look(NAME_PX, spacing=8, gap=8, sliders=True, number_px=FIELD_PX, names_role="muted")
        self.form = Form(FIELDS, look)
        self.form.changed.connect(self.changed)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setProperty("role", "muted")
        self.notice = NoticeLine()
        self.notice.acted.connect(self._choose_folder)
        self.make = QPushButton("Make")
        self.make.setProperty("kind", "primary")
        self.make.setIcon(icon("play", "accent_text"))
        self.make.clicked.connect(self.make_requested)
        self.shut = IconButton("close", "Close; what was chosen stays")
        self._arrange()

    def set_layer(self, text: str) -> None:
        self._layer.set_text(text)

    def set_corpora(self, offer: Offer) -> None:
        self._choices.set_groups(offer.groups)
        self._choices.set_current(offer.current)
        self.corpus.set_texts(offer.title, offer.detail)
        self.corpus.setEnabled(bool(offer.groups))

    def set_methods(self, methods: Sequence[Segment], current: str) -> None:
        self.methods.set_options(methods)
        self.methods.set_current(current)

    def set_values(self, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        self.form.set_values(values, defaults)

    def set_shown(self, paths: Sequence[str]) -> None:
        """Hide the fields that these settings do not ask for."""
        for path, row in self.form.rows.items():
            row.setVisible(path in paths)

    def set_plan(
        self, words: str, problem: str = "", action: str = "", *, is_bad: bool = True
    ) -> None:
        """Say what will be made, or why nothing can be; `action` is what would mend that."""
        self._words.setText(words)
        self._words.setVisible(not problem)
        self.notice.set_notice(problem, action, is_bad=is_bad)
        self.make.setEnabled(not problem)
        self.make.setToolTip(problem or "Make them as a job; the layer appears when it is done")

    def words(self) -> str:
        return self._words.text()

    def _choose_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "Scan the pictures of a folder")
        if found:
            self.folder_chosen.emit(found)

    def _arrange(self) -> None:
        title = QLabel("Make directions")
        title.setProperty("role", "title")
        explains = help_button("Make directions")
        explains.clicked.connect(lambda: self.explanation_requested.emit(TOPIC))
        top = QHBoxLayout()
        top.setSpacing(8)
        for part in (title, explains):
            top.addWidget(part)
        top.addStretch(1)
        top.addWidget(self.shut)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addSpacing(8)
        column.addLayout(_row("Layer", self._layer))
        column.addLayout(_row("Pictures", self.corpus, stretches=False))
        column.addLayout(_row("Method", self.methods, stretches=False))
        column.addWidget(self.form)
        column.addSpacing(8)
        column.addWidget(self._words)
        column.addWidget(self.notice)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.make)
        column.addLayout(below)


def _row(name: str, widget: QWidget, *, stretches: bool = True) -> QHBoxLayout:
    label = QLabel(name)
    label.setProperty("role", "muted")
    label.setFixedWidth(NAME_PX)
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(label)
    row.addWidget(widget, 1 if stretches else 0)
    if not stretches:
        row.addStretch(1)
    return row
