"""A closer look: slower methods, and whether a map is true to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.explain import CATALOGUE, Fill, Rendering
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.choice_rows import ChoiceRows
from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.plots.truth_plot import TruthPlot
from deepvis_app.ui.kit.progress_line import ProgressLine
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.why.rendering_choice import RenderingChoice

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.choice_rows import ChoiceRow

OCCLUSION, CATALOGUED = "occlusion", "catalogue"
KINDS = (
    Segment(OCCLUSION, "Occlusion", "Cover the picture piece by piece and see what the unit loses"),
    Segment(CATALOGUED, "More methods", "Slower methods that need many passes"),
)
FILLS = (
    Segment(Fill.BLACK.value, "Black", "Cover with black"),
    Segment(Fill.MEAN.value, "Mean", "Cover with the picture's mean colour"),
    Segment(Fill.BLUR.value, "Blur", "Cover with the picture itself, out of focus"),
)
LIVE, RESULT = "live", "result"  # which map is tested


class CloserView(QWidget):
    """Everything shown comes in by setters."""

    patch_changed = pyqtSignal(int)  # px
    stride_changed = pyqtSignal(int)  # px
    fill_picked = pyqtSignal(object)  # Fill
    occlusion_requested = pyqtSignal()
    brush_toggled = pyqtSignal(bool)
    method_picked = pyqtSignal(str)  # name in the catalogue
    method_requested = pyqtSignal()
    cancel_requested = pyqtSignal()
    view_picked = pyqtSignal(object)  # Rendering
    rise_picked = pyqtSignal(int)  # 0: the unit itself, then the classes
    test_requested = pyqtSignal(str)  # LIVE or RESULT
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.result = PictureView("")
        self.rows = ChoiceRows("What changes where the picture is covered")
        self.rows.picked.connect(self.rise_picked)
        self.plot = TruthPlot("Test a map: its curves are drawn here")
        self.progress = ProgressLine(cancellable=True)
        self.progress.cancel_requested.connect(self.cancel_requested)
        self._header = self._explained("Look closer", "occlusion")
        self._rows_header = self._explained("What falls, what rises", "rises")
        self._truth_header = self._explained("Is the map true?", "truth")
        self._kinds = Segmented(KINDS, OCCLUSION)
        self._kinds.setAccessibleName("Which closer look")
        self._kinds.picked.connect(self._on_kind)
        self._pages = {OCCLUSION: self._occlusion(), CATALOGUED: self._catalogue()}
        self._hint = _words("caption")
        self._title = SectionHeader("")
        self._views = RenderingChoice("How the result is shown")
        self._views.picked.connect(self.view_picked)
        self._reading = _words("muted")
        self._note = _words("muted")
        self._is_busy = False
        self._arrange()
        self.set_result(None)
        self.set_rows((), 0)
        self.set_reading("")

    # Occlusion and brush

    def set_patch(self, patch_px: int, stride_px: int, fill: Fill, most_px: int) -> None:
        """Show the patch; it is at most `most_px`, the stride at most the patch."""
        self._patch.set_range(4, most_px)
        self._patch.set_value(patch_px)
        self._stride.set_range(1, max(patch_px, 2))
        self._stride.set_value(stride_px)
        self._fills.set_current(fill.value)

    def set_brushing(self, on: bool) -> None:
        self._brush.blockSignals(True)
        self._brush.setChecked(on)
        self._brush.blockSignals(False)
        self._brush_words.setVisible(on)

    def set_hint(self, text: str) -> None:
        """Say what to do before a long question; "": nothing."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))

    # The catalogue

    def set_method(self, name: str) -> None:
        method = CATALOGUE[name]
        self._chip.set_texts(method.title)
        self._methods.set_current(name)
        self._method_words.setText(method.sentence)
        self._needs.setText(f"Needs: {method.needs[:1].lower()}{method.needs[1:]}")

    def kind(self) -> str:
        return self._kinds.current()

    # Answers

    def set_busy(self, busy: bool) -> None:
        """Allow one question at a time."""
        self._is_busy = busy
        for button in (self._cover, self._run, self._tests[LIVE]):
            button.setEnabled(not busy)
        if not busy:
            self.progress.clear()
        self._allow_test()

    def is_busy(self) -> bool:
        return self._is_busy

    def set_title(self, title: str, detail: str = "") -> None:
        self._title.set_title(title)
        self._title.set_detail(detail)

    def set_result(self, picture: NDArray[np.uint8] | None) -> None:
        self.result.set_picture(picture)
        self._show_result(visible=picture is not None)

    def set_words(self, text: str, remedy: str = "") -> None:
        """Say in the result's place why there is none."""
        self.result.set_empty_text(text, remedy)
        self.result.set_picture(None)
        self._show_result(visible=True)
        self._views.hide()
        self._allow_test()

    def set_note(self, text: str) -> None:
        """Say below the result what to know of it; "": nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text) and not self.result.isHidden())

    def set_view(self, view: Rendering) -> None:
        self._views.set_view(view)

    def set_rows(self, rows: Sequence[ChoiceRow], current: int) -> None:
        self.rows.set_rows(rows, current)
        self.rows.setVisible(bool(rows))
        self._rows_header.setVisible(bool(rows))

    def set_reading(self, text: str, detail: str = "") -> None:
        """Say how to read the curves, and which map they test."""
        self._reading.setText(text)
        self._reading.setVisible(bool(text))
        self._truth_header.set_detail(detail)

    # Making

    def _explained(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _on_kind(self, kind: str) -> None:
        for key, page in self._pages.items():
            page.setVisible(key == kind)

    def _show_result(self, *, visible: bool) -> None:
        for widget in (self._title, self.result, self._views):
            widget.setVisible(visible)
        self.set_note("")
        self._allow_test()

    def _allow_test(self) -> None:
        """A result can be tested once it is a map, and nothing else is asked."""
        has_map = not self.result.isHidden() and not self._views.isHidden()
        self._tests[RESULT].setEnabled(has_map and not self._is_busy)

    def _occlusion(self) -> QWidget:
        self._patch = LabelledSlider("Patch", 4, 100, 45, decimals=0, unit="px", step=1)
        self._patch.setToolTip("Side of the square that covers the picture")
        self._patch.value_changed.connect(lambda value: self.patch_changed.emit(round(value)))
        self._stride = LabelledSlider("Stride", 1, 45, 11, decimals=0, unit="px", step=1)
        self._stride.setToolTip("How far the patch moves each time; smaller is finer and slower")
        self._stride.value_changed.connect(lambda value: self.stride_changed.emit(round(value)))
        self._fills = Segmented(FILLS, Fill.MEAN.value)
        self._fills.setAccessibleName("What the patch is filled with")
        self._fills.picked.connect(lambda key: self.fill_picked.emit(Fill(key)))
        self._cover = _button("Cover", "Cover the picture piece by piece, coarse to fine")
        self._cover.clicked.connect(self.occlusion_requested)
        self._brush = QPushButton("Brush")
        self._brush.setCheckable(True)
        self._brush.setToolTip("Cover by hand: drag over the input at the left")
        self._brush.toggled.connect(self.brush_toggled)
        self._brush_words = _words("muted")
        self._brush_words.setText(
            "Drag over the input at the left: scores, layers and unit answer to what is left. "
            "Strokes stay until you clear them."
        )
        self._brush_words.hide()
        buttons = _row(self._fills, None, self._brush, self._cover)
        return _column(self._patch, self._stride, buttons, self._brush_words)

    def _catalogue(self) -> QWidget:
        self._methods = ChoicePopup()
        choices = tuple(Choice(m.name, m.title, tip=m.sentence) for m in CATALOGUE.values())
        self._methods.set_groups([ChoiceGroup("", choices)])
        self._methods.chosen.connect(self.method_picked)
        self._chip = ChipButton("Which method; each says what it means")
        self._chip.set_popup(self._methods)
        self._method_words = _words("muted")
        self._needs = _words("caption")
        self._run = _button("Run", "Explain the present picture by this method")
        self._run.clicked.connect(self.method_requested)
        return _column(_row(self._chip, None, self._run), self._method_words, self._needs)

    def _truth_buttons(self) -> QHBoxLayout:
        self._tests = {
            LIVE: QPushButton("Test live map"),
            RESULT: QPushButton("Test result"),
        }
        self._tests[LIVE].setToolTip("Draw the curves of the map that is shown on top of this page")
        self._tests[RESULT].setToolTip("Draw the curves of the closer look's map")
        for which, button in self._tests.items():
            button.clicked.connect(lambda _checked, w=which: self.test_requested.emit(w))
        return _row(*self._tests.values(), None)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (
            self._header,
            self._kinds,
            *self._pages.values(),
            self._hint,
            self.progress,
            self._title,
            self.result,
            self._views,
            self._note,
            self._rows_header,
            self.rows,
        ):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(self._truth_header)
        column.addLayout(self._truth_buttons())
        column.addWidget(self.plot)
        column.addWidget(self._reading)
        self.set_hint("")
        self._on_kind(OCCLUSION)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", "primary")
    button.setToolTip(tip)
    return button


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets side by side; None is what stretches."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row


def _column(*parts: QWidget | QHBoxLayout) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    for part in parts:
        if isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    return page
