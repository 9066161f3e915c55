"""The input as the network sees it, its transport, and what the network says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis_app.nets import Fit
from deepvis_app.ui.widgets.chip_button import ChipButton
from deepvis_app.ui.widgets.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.widgets.flow import FlowLayout
from deepvis_app.ui.widgets.icon_button import IconButton
from deepvis_app.ui.widgets.picture_view import PictureView
from deepvis_app.ui.widgets.score_bars import Score, ScoreBars
from deepvis_app.ui.widgets.section_header import SectionHeader
from deepvis_app.ui.widgets.segmented import Option, Segmented
from deepvis_app.ui.widgets.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.frames import Playback, SourceInfo
    from deepvis_app.nets import Box

FITS = (
    Option(Fit.CROP.value, "Crop", "Cut the centre out, as networks are usually evaluated"),
    Option(Fit.LETTERBOX.value, "Letterbox", "Show the whole picture with bars around it"),
    Option(Fit.STRETCH.value, "Stretch", "Squeeze the whole picture into the input's shape"),
)


class InputView(QWidget):
    """Left pane. Everything shown comes in by setters."""

    fit_picked = pyqtSignal(object)  # Fit
    mirror_toggled = pyqtSignal(bool)
    whole_frame_toggled = pyqtSignal(bool)
    class_pinned = pyqtSignal(int)  # or let go, when it was pinned
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._header = SectionHeader("Input", explains=True)
        self._header.explanation_requested.connect(lambda: self.explanation_requested.emit("input"))
        self.picture = PictureView("No picture yet")
        self.transport = Transport()
        self.predictions_header = SectionHeader("Predictions", explains=True)
        self.predictions_header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("predictions")
        )
        self.scores = ScoreBars()
        self._has_classes = False
        self._classes = ChoicePopup(searchable=True)
        self._classes.chosen.connect(lambda key: self.class_pinned.emit(int(key)))
        self._pin = ChipButton("Keep a class in view, or let it go")
        self._pin.set_texts("Pin a class")
        self._pin.set_icon("pin")
        self._pin.set_popup(self._classes)
        self._pin.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._header)
        column.addWidget(self.picture)
        column.addLayout(self._controls())
        column.addWidget(self.transport)
        column.addSpacing(8)
        column.addWidget(self.predictions_header)
        column.addWidget(self.scores)
        column.addWidget(self._pin, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def set_picture(
        self, picture: NDArray[np.uint8] | None, crop: Box | None, stale: str | None
    ) -> None:
        """Show the network's view, or the whole frame with the network's `crop` marked."""
        self.picture.set_picture(picture)
        self.picture.set_crop(crop)
        self.picture.set_stale(stale)

    def set_detail(self, text: str) -> None:
        self._header.set_detail(text)

    def set_fit(self, fit: Fit, mirrored: bool) -> None:
        self._fit.set_current(fit.value)
        self._mirror.setChecked(mirrored)

    def set_source(self, info: SourceInfo | None) -> None:
        controls = info.controls if info else frozenset()
        self.transport.set_controls(controls)
        self.transport.set_length(info.length if info else None)
        self.transport.setVisible(bool(controls))

    def set_playback(self, playback: Playback) -> None:
        self.transport.set_playback(
            playback.index,
            playback.playing,
            playback.speed,
            playback.loop,
            playback.time_s,
            playback.duration_s,
        )

    def set_classes(self, labels: Sequence[str]) -> None:
        """Offer all classes for pinning."""
        choices = tuple(Choice(str(i), label, f"{i}") for i, label in enumerate(labels))
        self._classes.set_groups([ChoiceGroup("Classes", choices)] if choices else [])
        self._has_classes = bool(choices)
        self._pin.setVisible(self._has_classes and not self.scores.isHidden())

    def set_scores(self, scores: Sequence[Score] | None) -> None:
        self.scores.set_scores(scores)

    def show_predictions(self, visible: bool) -> None:
        self.predictions_header.setVisible(visible)
        self._pin.setVisible(visible and self._has_classes)
        self.scores.setVisible(visible)

    def set_brushing(self, on: bool) -> None:
        """While the picture is brushed it is the network's own view."""
        if on:
            self._whole.setChecked(False)
        self._whole.setEnabled(not on)
        shape = Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor
        self.picture.setCursor(shape)

    def _controls(self) -> FlowLayout:
        self._fit = Segmented(FITS, Fit.CROP.value)
        self._fit.picked.connect(lambda key: self.fit_picked.emit(Fit(key)))
        self._mirror = IconButton(
            "mirror", "Mirror the picture, as in a looking glass", checkable=True
        )
        self._mirror.toggled.connect(self.mirror_toggled)
        self._whole = IconButton(
            "fit", "Show the whole frame and mark what the network sees", checkable=True
        )
        self._whole.toggled.connect(self.whole_frame_toggled)
        row = FlowLayout(6)  # with 8 the last button goes alone below where the type is wide
        row.place(self._fit, self._mirror, self._whole)
        for button in (self._mirror, self._whole):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return row
