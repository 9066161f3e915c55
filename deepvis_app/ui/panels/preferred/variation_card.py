"""One variation of a recipe large: its picture, its scores, what is different in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.pictures.picture_view import PictureView

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.words.recipes import Difference


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What the card shows; `why_not` says why the recipe cannot be used, "" where it can."""

    picture: NDArray[np.uint8]
    title: str
    lines: tuple[str, ...]
    differences: tuple[Difference, ...]
    why_not: str = ""
    is_first: bool = False
    is_last: bool = False


class VariationCard(QWidget):
    """Stands in the place of the grid it was picked from."""

    closed = pyqtSignal()
    stepped = pyqtSignal(int)  # -1: to the better one
    use_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._picture = PictureView("")
        self._title = QLabel()
        self._title.setProperty("role", "value")
        self._title.setWordWrap(True)
        self._scores = QLabel()
        self._scores.setProperty("role", "detail")
        self._scores.setWordWrap(True)
        self._scores.setTextFormat(Qt.TextFormat.PlainText)
        self._table = _Table()
        self._use = QPushButton("Use this recipe")
        self._use.setProperty("kind", "primary")
        self._use.clicked.connect(self.use_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._buttons())
        for widget in (self._picture, self._title, self._use, self._scores, self._table):
            column.addWidget(widget)

    def set_opened(self, opened: Opened) -> None:
        self._picture.set_picture(opened.picture)
        self._title.setText(opened.title)
        self._scores.setText("\n".join(opened.lines))
        self._table.set_differences(opened.differences)
        self._use.setEnabled(not opened.why_not)
        self._use.setToolTip(
            opened.why_not or "Make the pictures above by this recipe; it can be kept under a name"
        )
        self._better.setEnabled(not opened.is_first)
        self._worse.setEnabled(not opened.is_last)

    def _buttons(self) -> QHBoxLayout:
        back = QPushButton("All variations")
        back.setIcon(icon("chevron-left", "accent"))
        back.setProperty("kind", "quiet")
        back.setProperty("flush", "left")
        back.setToolTip("Back to the pictures of all variations")
        back.clicked.connect(self.closed)
        self._better = IconButton("chevron-up", "The next better variation")
        self._better.clicked.connect(lambda: self.stepped.emit(-1))
        self._worse = IconButton("chevron-down", "The next worse variation")
        self._worse.clicked.connect(lambda: self.stepped.emit(1))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(back)
        row.addStretch(1)
        row.addWidget(self._better)
        row.addWidget(self._worse)
        return row


class _Table(QWidget):
    """What a setting is, and what it was."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 8, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._shown: tuple[Difference, ...] | None = None

    def set_differences(self, differences: Sequence[Difference]) -> None:
        if tuple(differences) == self._shown:
            return
        self._shown = tuple(differences)
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        head = ("Different from the recipe", "now", "was")
        rows = [(d.title, d.now, d.was) for d in differences] or [("Nothing", "", "")]
        for row, texts in enumerate([head, *rows]):
            for column, text in enumerate(texts):
                role = "heading" if row == 0 else "value" if column == 1 else "muted"
                self._grid.addWidget(_label(text, role, column), row, column)


def _label(text: str, role: str, column: int) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    label.setWordWrap(column == 0)
    return label
