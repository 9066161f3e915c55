"""The picture of all correlations, over the dimmed window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.pictures.colour_bar import ColourBar
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.row_list import Look, Row, RowList
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus.kinship import Pair

WIDEST_PX = 1000
LIST_PX = 300
LEAST_PX, MOST_PX = 360, 616  # of the picture
AROUND_PX = 232  # what the sheet has above and below it


class PairList(RowList):
    """The closest pairs; duplicates stand out. A click and Enter pick one."""

    pressed_row = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__("Closest pairs", Look(label_share=0.5, value_px=56.0))
        self._pairs: tuple[Pair, ...] = ()
        self.clicked.connect(lambda index: self.pressed_row.emit(index.row()))

    def set_pairs(self, pairs: Sequence[Pair]) -> None:
        self._pairs = tuple(pairs)
        self.show_rows(len(pairs), 0 if pairs else None)

    def row(self, place: int) -> Row:
        pair = self._pairs[place]
        label, text = f"{pair.one.index} and {pair.other.index}", f"r {pair.r:.2f}"
        end = min(max(pair.r, 0.0), 1.0)
        return Row(label, text, end=end, shade="muted", bold=pair.is_duplicate)

    def press_row(self, place: int) -> None:
        self.pressed_row.emit(place)

    def tip(self, place: int) -> str:
        pair = self._pairs[place]
        shared = "" if pair.shared != pair.shared else f", {pair.shared:.0%} on each other’s best"
        what = "Duplicates" if pair.is_duplicate else "Not duplicates"
        return f"{what}: r {pair.r:.2f}{shared}. Enter picks the first"


class MatrixView:
    """A sheet, made when it is first opened. Everything shown comes in by setters."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._content = _Content(owner)
        self._content.hide()
        self._sheet: Sheet | None = None
        self.opened = self._content.opened
        self.pointed = self._content.pointed
        self.place_picked = self._content.place_picked
        self.pair_picked = self._content.pairs.pressed_row
        self.explanation_requested = self._content.explanation_requested

    @property
    def content(self) -> _Content:
        return self._content

    def open(self) -> None:
        if self._sheet is None:
            self._sheet = Sheet(self._owner.window() or self._owner, WIDEST_PX)
            self._sheet.content.addWidget(self._content)
            self._content.show()
            self._content.shut.clicked.connect(self._sheet.close_sheet)
        room = self._sheet.parentWidget()
        side = LEAST_PX if room is None else room.height() - AROUND_PX
        self._content.picture.setFixedSize(*(max(min(side, MOST_PX), LEAST_PX),) * 2)
        self._content.opened.emit()
        self._sheet.open()

    def is_open(self) -> bool:
        return self._sheet is not None and self._sheet.is_open()

    def close(self) -> None:
        if self._sheet is not None:
            self._sheet.close_sheet()

    def set_title(self, text: str) -> None:
        self._content.layers.set_text(text)

    def set_nothing(self, text: str, remedy: str) -> None:
        """Say why there is no picture."""
        self._content.picture.set_picture(None)
        self._content.picture.set_empty_text(text, remedy)
        self._content.colours.hide()
        self.set_pairs((), "")

    def set_matrix(self, picture: NDArray[np.uint8], palette: NDArray[np.uint8]) -> None:
        self._content.picture.set_picture(picture)
        self._content.colours.set_colours(palette)
        self._content.colours.set_range(-1.0, 1.0, True)
        self._content.colours.show()

    def set_pairs(self, pairs: Sequence[Pair], words: str) -> None:
        self._content.pairs.set_pairs(pairs)
        self._content.words.setText(words)
        self._content.picked.set_text("")

    def set_pointed(self, text: str) -> None:
        self._content.under.set_text(text or POINT)

    def set_picked(self, text: str) -> None:
        self._content.picked.set_text(text)


POINT = "Point at a place to see which two units it is of; Ctrl and the wheel look closer"


class _Content(QWidget):
    opened = pyqtSignal()
    pointed = pyqtSignal(int, int)  # row, column; -1: none
    place_picked = pyqtSignal(int, int)
    explanation_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.layers = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.layers.setProperty("role", "title")
        self.shut = IconButton("close", "Close; Esc does so too")
        self.picture = PictureView("", smooth=False)
        self.picture.setAccessibleName("Correlations of units")
        self.picture.hovered.connect(lambda y, x: self.pointed.emit(int(y), int(x)))
        self.picture.left.connect(lambda: self.pointed.emit(-1, -1))
        self.picture.clicked.connect(lambda y, x: self.place_picked.emit(int(y), int(x)))
        self.colours = ColourBar()
        self.under, self.picked = ElidedLabel(), ElidedLabel()
        self.under.setProperty("role", "muted")
        self.under.set_text(POINT)
        self.pairs, self.words = PairList(), QLabel()
        self.words.setProperty("role", "detail")
        self.words.setWordWrap(True)
        header = SectionHeader("How units go together", explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit("matrix"))
        top = QHBoxLayout()
        top.addWidget(self.layers)
        top.addWidget(header, 1)
        top.addWidget(self.shut)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self.picture)
        body.addLayout(self._side())
        foot = QHBoxLayout()
        foot.addWidget(self.under, 1)
        foot.addWidget(self.colours)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(body, 1)
        column.addLayout(foot)

    def _side(self) -> QVBoxLayout:
        title = QLabel("Closest pairs")
        title.setProperty("role", "heading")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.pairs)
        scroll.setFixedWidth(LIST_PX)
        self.words.setFixedWidth(LIST_PX)
        self.picked.setFixedWidth(LIST_PX)
        side = QVBoxLayout()
        side.setSpacing(8)
        for widget in (title, self.words):
            side.addWidget(widget)
        side.addWidget(scroll, 1)
        side.addWidget(self.picked)
        return side
