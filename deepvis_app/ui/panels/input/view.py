"""The input, sharp and as the network sees it, its transport, and what the network says of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget, QWidgetItem

from deepvis_app.nets import Fit
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.kit.theme import Size, font
from deepvis_app.ui.panels.input.score_bars import Score, ScoreBars
from deepvis_app.ui.panels.input.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QResizeEvent

    from deepvis_app.frames import Playback, SourceInfo
    from deepvis_app.ui.kit.pictures.aperture import Aperture

SEEN_PX = 88  # side of the network's own picture: the bundled network's, pixel for pixel
# In a low pane it is smaller, then left out, so that the sharp picture stays and no class is cut:
LOW_PX, LOW_SEEN_PX = 740, 56  # below this height, this side
LOWEST_PX = 600  # below, no second picture
LARGE_TIP = "Show what the network sees in place of the whole picture, as large"

FITS = (
    Segment(Fit.CROP.value, "Crop", "Cut the centre out, as networks are usually evaluated"),
    Segment(Fit.LETTERBOX.value, "Letterbox", "Show the whole picture with bars around it"),
    Segment(Fit.STRETCH.value, "Stretch", "Squeeze the whole picture into the input's shape"),
)


class _Yielding(QWidgetItem):
    """The place of a picture, whose height for the width is a wish: what is below comes first."""

    def minimumHeightForWidth(self, _width: int) -> int:  # noqa: N802
        widget = self.widget()
        return widget.minimumHeight() if widget is not None else 0


class InputView(QWidget):
    """Left pane. Everything shown comes in by setters."""

    fit_picked = pyqtSignal(object)  # Fit
    mirror_toggled = pyqtSignal(bool)
    network_view_toggled = pyqtSignal(bool)
    class_pinned = pyqtSignal(int)  # or let go, when it was pinned
    explanation_requested = pyqtSignal(str)
    strokes_cleared = pyqtSignal()
    stroke_undone = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._header = SectionHeader("Input", explains=True)
        self._header.explanation_requested.connect(lambda: self.explanation_requested.emit("input"))
        self.picture = PictureView("No picture yet", ground="pane")
        self._fit = Segmented(FITS, Fit.CROP.value)
        self._fit.picked.connect(lambda key: self.fit_picked.emit(Fit(key)))
        self._seen_row = self._make_seen_row()
        self._note = QLabel()
        self._note.setProperty("role", "caption")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        self._note.hide()
        self.transport = Transport()
        self.predictions_header = SectionHeader("Predictions", explains=True)
        self.predictions_header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("predictions")
        )
        self.scores = ScoreBars()
        self._doubt = QLabel()
        self._doubt.setProperty("role", "caption")
        self._doubt.setWordWrap(True)
        # Room for two lines at all times, so that nothing moves when there is something to say.
        lines = QFontMetricsF(font(Size.CAPTION)).lineSpacing() * 2
        self._doubt.setMinimumHeight(math.ceil(lines))
        self._doubt.setAlignment(Qt.AlignmentFlag.AlignTop)
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
        self.picture.setParent(self)
        self.picture.setMinimumHeight(40)
        column.addItem(_Yielding(self.picture))
        column.addWidget(self._note)
        column.addWidget(self._make_strokes_row())
        column.addWidget(self._seen_row)
        column.addWidget(self._fit, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.transport)
        column.addSpacing(8)
        column.addWidget(self.predictions_header)
        column.addWidget(self.scores)
        column.addWidget(self._doubt)
        column.addWidget(self._pin, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def set_picture(
        self, frame: NDArray[np.uint8], seen: NDArray[np.uint8], aperture: Aperture | None
    ) -> None:
        """Show a frame with what the network sees of it marked, and the network's own beside it.

        `seen` is that picture (H, W, 3); without an aperture it is shown alone.
        """
        if aperture is None:
            self.picture.set_picture(seen)
            return
        self.picture.set_frame(frame, aperture, seen)
        self.seen.set_picture(seen)
        height, width = seen.shape[:2]
        self._seen_words.setText(f"Seen by the network:\n{width}×{height} px")

    def set_message(self, text: str, remedy: str) -> None:
        """Say something in the pictures' place; "": show them."""
        self.picture.set_message(text, remedy)
        self.seen.set_message(text and "–", "")

    def set_note(self, text: str) -> None:
        """Say what was done to the source's numbers to make them a picture."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

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

    def set_doubt(self, text: str) -> None:
        """Say why the classes should not be believed, and mute them; "": they may be."""
        if text != self._doubt.text():
            self._doubt.setText(text)
            self.scores.set_muted(bool(text))

    def show_predictions(self, visible: bool) -> None:
        self.predictions_header.setVisible(visible)
        self._pin.setVisible(visible and self._has_classes)
        self.scores.setVisible(visible)
        self._doubt.setVisible(visible)

    def set_brushing(self, on: bool) -> None:
        shape = Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor
        self.picture.setCursor(shape)
        self.picture.set_draws(on)

    def set_strokes(self, count: int) -> None:
        """Say that a part of the picture is covered by hand, and offer to uncover it."""
        self._strokes.set_text(f"{count} stroke" if count == 1 else f"{count} strokes")
        self._strokes_row.setVisible(count > 0)

    def _make_strokes_row(self) -> QWidget:
        self._strokes = ElidedLabel()
        self._strokes.setProperty("role", "pinned")
        undo = QPushButton("Undo")
        undo.setToolTip("Take the last stroke of the brush back")
        undo.clicked.connect(self.stroke_undone)
        clear = QPushButton("Clear")
        clear.setToolTip("Uncover the whole picture")
        clear.clicked.connect(self.strokes_cleared)
        self._strokes_row = QWidget()
        row = QHBoxLayout(self._strokes_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._strokes, 1)
        for button in (undo, clear):
            button.setProperty("kind", "quiet")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self._strokes_row.hide()
        return self._strokes_row

    def _make_seen_row(self) -> QWidget:
        """The network's own picture, and beside it how it comes about."""
        self.seen = PictureView("", smooth=False, ground="pane")
        self.seen.setFixedSize(SEEN_PX, SEEN_PX)
        self._seen_words = QLabel()
        self._seen_words.setProperty("role", "caption")
        self._seen_words.setWordWrap(True)
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.seen)
        layout.addWidget(self._seen_words, 1)
        self._mirror = IconButton(
            "mirror", "Mirror the picture, as in a looking glass", checkable=True
        )
        self._mirror.toggled.connect(self.mirror_toggled)
        self._large = IconButton("eye", LARGE_TIP, checkable=True)
        self._large.toggled.connect(self.network_view_toggled)
        self._large.toggled.connect(self._fit_seen)
        for button in (self._mirror, self._large):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
        for told in (self.seen, self._seen_words):
            told.setToolTip("The network gets these pixels and nothing else")
        return row

    def _fit_seen(self) -> None:
        """Give the network's own picture what the pane's height leaves it."""
        low = self.height() < LOW_PX
        side = LOW_SEEN_PX if low else SEEN_PX
        self.seen.setFixedSize(side, side)
        self.seen.setHidden(self._large.isChecked() or self.height() < LOWEST_PX)

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit_seen()
