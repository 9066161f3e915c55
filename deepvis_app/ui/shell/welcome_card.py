"""What is seen, the few things to try and the next steps, shown at the first start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 12  # px to the anchor's edges
ICON = 16


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next; disabled, its text says what is missing."""

    key: str
    icon: str
    text: str
    tip: str
    enabled: bool = True


class WelcomeCard(QFrame):
    """Lies over the lower edge of `anchor` and takes no key and no click but on itself."""

    step_chosen = pyqtSignal(str)  # key
    dismissed = pyqtSignal()

    def __init__(self, window: QWidget, anchor: QWidget, title: str, hints: str) -> None:
        super().__init__(window)
        self.setProperty("surface", "sheet")
        self._window, self._anchor = window, anchor
        self._buttons: dict[str, QPushButton] = {}
        heading = QLabel(title)
        heading.setProperty("role", "title")
        heading.setWordWrap(True)
        close = IconButton("close", "Put this card away (Esc)")
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(lambda: self.dismiss())
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        words = QLabel(hints)
        words.setTextFormat(Qt.TextFormat.RichText)
        words.setWordWrap(True)
        further = QLabel("One step further")
        further.setProperty("role", "heading")
        self._steps = QVBoxLayout()
        self._steps.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 12, 16)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(words)
        column.addSpacing(4)
        column.addWidget(further)
        column.addLayout(self._steps)
        for watched in (window, anchor):
            watched.installEventFilter(self)
        self.hide()

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Offer these; what is there already is only renamed, so that a pressed button stays."""
        for place, step in enumerate(steps):
            if step.key not in self._buttons:
                self._buttons[step.key] = self._make_button(step.key, place)
            button = self._buttons[step.key]
            button.setIcon(icon(step.icon))
            button.setText(f" {step.text}")  # the space is between icon and text
            button.setToolTip(step.tip)
            button.setEnabled(step.enabled)
        self._place()

    def open(self) -> None:
        """Show the card; the focus stays where it is."""
        self._place()
        self.show()
        self.raise_()

    def dismiss(self) -> bool:
        """Put the card away for good; return whether it was there."""
        if self.isHidden():
            return False
        self.hide()
        self.dismissed.emit()
        return True

    def _make_button(self, key: str, place: int) -> QPushButton:
        button = QPushButton()
        button.setProperty("kind", "row")
        button.setIconSize(QSize(ICON, ICON))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._choose(key))
        self._steps.insertWidget(place, button)
        button.show()  # also on a card that is open
        return button

    def _choose(self, key: str) -> None:
        self.dismiss()
        self.step_chosen.emit(key)

    def _place(self) -> None:
        corner = self._anchor.mapTo(self._window, QPoint(0, 0))
        width = self._anchor.width() - 2 * MARGIN
        layout = self.layout()
        if layout is None or width <= 0:
            return
        height = layout.totalHeightForWidth(width)
        y = corner.y() + self._anchor.height() - MARGIN - height
        self.setGeometry(corner.x() + MARGIN, max(y, corner.y()), width, height)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        moved = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.LayoutRequest)
        if event is not None and event.type() in moved and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
