"""What is taught: both sides, and between them the frame's score and how far to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.state.teaching import LONGEST
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.empty_page import EmptyPage
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.pictures.cell_grid import RADIUS
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import colour, set_look
from deepvis_app.ui.panels.teach.accuracy_bar import AccuracyBar
from deepvis_app.ui.panels.teach.holding import HeldKeys
from deepvis_app.ui.panels.teach.info import INSIDE, OUTSIDE
from deepvis_app.ui.panels.teach.layer_bars import LayerBars
from deepvis_app.ui.panels.teach.score_trace import SECONDS, ScoreTrace
from deepvis_app.ui.panels.teach.side import SideView

if TYPE_CHECKING:
    from pathlib import Path

    from PyQt6.QtGui import QHideEvent, QPaintEvent, QResizeEvent, QShowEvent

    from deepvis_app.ui.kit.choices import ChoiceGroup


LOW_PX = 800  # below this height of the window, the layers' bars are left out
LOWEST_PX = 740  # below this one, the picture of the accuracy as well: it is said in words


class Nothing(EmptyPage):
    """Says in the place of what will be learnt why there is nothing yet."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control"))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.end()
        super().paintEvent(event)


class TeachView(QWidget):
    """Hidden while nothing is taught. Everything shown comes in by setters."""

    pressed = pyqtSignal(bool)  # whether it is the concept
    released = pyqtSignal()
    lost = pyqtSignal()  # the focus, while it was pressed
    folder_chosen = pyqtSignal(bool, object)  # side, Path
    example_picked = pyqtSignal(bool, int)  # side, place: it is to go
    layer_chosen = pyqtSignal(str)
    name_changed = pyqtSignal(str)
    keep_requested = pyqtSignal()
    clear_requested = pyqtSignal()
    closed = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.inside = SideView(
            "This is it", "Frames show the concept", "while the picture shows it", "Pictures of it"
        )
        self.outside = SideView(
            "This is not", "Frames do not show the concept", "while it does not", "Other pictures"
        )
        for is_inside, side in ((True, self.inside), (False, self.outside)):
            self._connect(side, is_inside)
        self.held = HeldKeys(self, (INSIDE, OUTSIDE))
        self.held.pressed.connect(lambda place: self.pressed.emit(place == 0))
        self.held.released.connect(self.released)
        self.held.lost.connect(self.lost)
        body = QHBoxLayout()
        body.setSpacing(20)
        body.addWidget(self.inside, 10)
        body.addWidget(self._make_middle(), 13)
        body.addWidget(self.outside, 10)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        column.addLayout(self._head())
        column.addLayout(body)
        column.addLayout(self._foot())
        self.hide()

    # What is shown

    def side(self, *, is_inside: bool) -> SideView:
        return self.inside if is_inside else self.outside

    def set_held(self, is_inside: bool | None) -> None:
        """Show for which side frames are taken; None: for none."""
        self.inside.set_held(is_inside is True)
        self.outside.set_held(is_inside is False)

    def set_layers(self, groups: list[ChoiceGroup], layer: str, detail: str) -> None:
        self._layers.set_groups(groups)
        self._layers.set_current(layer)
        self._layer.set_texts(layer or "no layer", detail)

    def set_nothing(self, text: str, remedy: str = "") -> None:
        """Say why nothing was learnt yet; "": something was."""
        self._middle.setCurrentIndex(0 if text else 1)
        self._nothing.set_text(text, remedy)

    def set_score(self, words: str, role: str) -> None:
        """Say what the frame's score is, in a role of labels."""
        self._score.setText(words)
        set_look(self._score, "role", role)

    def set_words(self, accuracy: str, control: str, tip: str) -> None:
        """Say how held-out pictures are told, and those with shuffled labels."""
        self._accuracy.set_text(accuracy)
        self._control.setText(control)
        for label in (self._accuracy, self._control):
            label.setToolTip(tip)

    def set_verdict(self, verdict: str, role: str, facts: str) -> None:
        """Say what that is worth, and what the concept is."""
        self._verdict.set_text(verdict)
        set_look(self._verdict, "role", role)
        self._facts.set_text(facts)

    def set_name(self, name: str) -> None:
        if self.name.text() != name:
            self.name.setText(name)

    def offer(self, *, keep: bool, clear: bool, why_not: str) -> None:
        """Let the concept be kept, the pictures be cleared, or say why not."""
        self.keep.setEnabled(keep)
        self.keep.setToolTip(
            "Keep it as a direction: a layer of its own, whose map shows where it is"
            if keep
            else why_not
        )
        self.clear.setVisible(clear)

    def show_keys(self) -> None:
        """Show the keys that are in force now."""
        for side, keys in zip((self.inside, self.outside), self.held.keys(), strict=True):
            side.set_keys(keys)

    # Made once

    def _connect(self, side: SideView, is_inside: bool) -> None:
        side.pressed.connect(lambda: self.pressed.emit(is_inside))
        side.released.connect(self.released)
        side.left.connect(self.lost)
        side.folder_chosen.connect(lambda path: self._tell_folder(is_inside, path))
        side.example_picked.connect(lambda place: self.example_picked.emit(is_inside, place))

    def _tell_folder(self, is_inside: bool, path: Path) -> None:
        self.folder_chosen.emit(is_inside, path)

    def _head(self) -> QHBoxLayout:
        header = SectionHeader("Teach a concept", explains=True)
        header.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit("teach"))
        self._layers = ChoicePopup(searchable=True)
        self._layers.chosen.connect(self._choose_layer)
        self._layer = ChipButton("The layer that is taught; its codes are what is compared")
        self._layer.set_lead("On")
        self._layer.set_popup(self._layers)
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name")
        self.name.setAccessibleName("Name of the concept")
        self.name.setToolTip("What the concept is called once it is kept")
        self.name.setMaxLength(LONGEST)
        self.name.setMinimumWidth(96)
        self.name.setMaximumWidth(176)
        self.name.textEdited.connect(self.name_changed)
        self.name.returnPressed.connect(self.keep_requested)
        self.keep = QPushButton("Keep")
        self.keep.setProperty("kind", "primary")
        self.keep.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.keep.clicked.connect(self.keep_requested)
        self.clear = QPushButton("Clear")
        self.clear.setProperty("kind", "quiet")
        self.clear.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clear.setToolTip("Forget all pictures of both sides")
        self.clear.clicked.connect(self.clear_requested)
        shut = IconButton("close", "Put this away; the pictures stay")
        shut.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(header)
        row.addWidget(self._layer)
        row.addStretch(1)
        for widget in (self.clear, self.name, self.keep, shut):
            row.addWidget(widget)
        return row

    def _choose_layer(self, layer: str) -> None:
        self._layer.close_popup()
        self.layer_chosen.emit(layer)

    def _make_middle(self) -> QStackedWidget:
        """Return the place of what was learnt, or of why nothing was."""
        self._score = QLabel()
        self._score.setProperty("role", "value")
        self.trace, self.bar, self.profile = ScoreTrace(), AccuracyBar(), LayerBars()
        self.profile.picked.connect(self.layer_chosen)
        self._accuracy, self._control = ElidedLabel(), QLabel()
        self._control.setProperty("role", "detail")
        self._nothing = Nothing()
        self._middle = QStackedWidget()
        self._middle.addWidget(self._nothing)
        self._middle.addWidget(self._learnt())
        return self._middle

    def _learnt(self) -> QWidget:
        page = QWidget()
        shares = QHBoxLayout()
        shares.setSpacing(8)
        shares.addWidget(self._accuracy, 1)
        shares.addWidget(self._control)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        score = QHBoxLayout()
        score.addWidget(self._score, 1)
        score.addWidget(_detail(f"last {SECONDS:g} s"))
        column.addLayout(score)
        column.addWidget(self.trace)
        column.addSpacing(4)
        column.addLayout(shares)
        column.addWidget(self.bar)
        column.addWidget(self.profile)
        column.addStretch(1)
        return page

    def _foot(self) -> QHBoxLayout:
        self._verdict, self._facts = ElidedLabel(), ElidedLabel()
        for label in (self._verdict, self._facts):
            label.setProperty("role", "detail")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._verdict)
        row.addWidget(self._facts, 1)
        return row

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        window = self.window()
        height = LOW_PX if window is None else window.height()
        self.profile.setVisible(height >= LOW_PX)
        self.bar.setVisible(height >= LOWEST_PX)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.held.set_on(True)
        self.show_keys()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.held.set_on(False)


def _detail(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "detail")
    return label
