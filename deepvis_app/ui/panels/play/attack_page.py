"""The page of attacks: input + change = result, scores by size, and how far every layer moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panels.play.attack_bars import MovedBars, PairedBars
from deepvis_app.ui.panels.play.attack_plot import AttackPlot
from deepvis_app.ui.panels.play.parameters import Parameters
from deepvis_app.ui.panels.play.role_rows import RoleRows
from deepvis_app.ui.panels.play.run_controls import RunControls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.fields import FormField
    from deepvis_app.ui.panels.play.attack_look import Attempts, Moved, PairedScore, Tile

SIDE = 216
SIZE, TOWARDS = "epsilon", "target"  # settings with a place of their own
POPUP_PX = 274


class AttackPage(QScrollArea):
    """Everything shown comes in by setters of its parts."""

    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.parameters = AttackParameters()
        self.run = RunControls()
        self.run.hide()  # its parts stand elsewhere
        self.roles = RoleRows(is_small=True)
        self.fault = NoticeLine()
        self.tiles = tuple(PictureTile() for _ in range(3))
        self.more = ChipButton("How the change is sought, and all other settings")
        self.more.set_popup(self.parameters)
        self.plot = AttackPlot()
        self.scores = PairedBars()
        self.layers = MovedBars()
        self.layers_header = self._header("How far every layer moves, %", "play-moved")
        self.scores_header = self._header("Scores", "play-attack-scores")
        self.linear = QLabel()
        self.linear.setWordWrap(True)
        self.linear.setProperty("role", "detail")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._body())

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show input, change and result."""
        for view, tile in zip(self.tiles, tiles, strict=True):
            view.set_tile(tile)

    def set_way(self, words: str) -> None:
        """Say how the change is sought."""
        self.more.set_texts(words, "method")

    def set_words(self, text: str, remedy: str) -> None:
        """Say in the result's place why there is none; "": there is."""
        self.tiles[2].picture.set_message(text, remedy)

    def set_scores(self, scores: Sequence[PairedScore], attempts: Attempts | None) -> None:
        self.scores.set_scores(scores)
        self.plot.set_attempts(attempts)

    def set_moved(self, moved: Sequence[Moved], detail: str, linear: str) -> None:
        self.layers.set_moved(moved)
        self.layers_header.set_detail(detail)
        self.linear.setText(linear)

    def set_narrow(self, is_narrow: bool) -> None:
        """Put the scores under the plot, where the window is narrow."""
        way = QBoxLayout.Direction
        self._columns.setDirection(way.TopToBottom if is_narrow else way.LeftToRight)

    def _header(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(8)
        column.addLayout(self._sum())
        column.addLayout(self._controls())
        state = QHBoxLayout()
        state.setSpacing(8)
        state.addWidget(self.run.line, 1)
        state.addWidget(self.run.text)
        column.addLayout(state)
        for line in (self.run.notice, self.fault):
            column.addWidget(line)
        column.addLayout(self._scores())
        column.addStretch(1)
        column.addWidget(self.layers_header)
        column.addWidget(self.layers)
        column.addWidget(self.linear)
        return body

    def _sum(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.tiles[0].put_beside(self.roles)
        for tile, sign in zip(self.tiles, ("+", "=", ""), strict=True):
            row.addWidget(tile, 1)
            if sign:
                label = QLabel(sign)
                label.setProperty("role", "title")
                row.addWidget(label)
        return row

    def _controls(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(self.parameters.of_size, 3)
        row.addLayout(self.parameters.of_aim, 2)
        row.addWidget(self.more)
        row.addWidget(self.run.anew)
        row.addWidget(self.run.main)
        return row

    def _scores(self) -> QBoxLayout:
        left, right = QVBoxLayout(), QVBoxLayout()
        plot = self._header("Scores by ε", "play-attempts")
        plot.set_detail("each dot: one attack")
        self.scores_header.set_detail("grey: input · blue: result")
        for half, parts in ((left, (plot, self.plot)), (right, (self.scores_header, self.scores))):
            half.setSpacing(8)
            for part in parts:
                half.addWidget(part)
            half.addStretch(1)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(32)
        self._columns.addLayout(left, 1)
        self._columns.addLayout(right, 1)
        return self._columns


class AttackParameters(Parameters):
    """The size of the change and the class that is aimed at stand on the page itself."""

    has_headings = False

    def __init__(self) -> None:
        super().__init__()
        self.of_size, self.of_aim = QVBoxLayout(), QVBoxLayout()
        self.setFixedWidth(POPUP_PX)
        self._column.setContentsMargins(12, 12, 12, 12)

    def _place(self, field: FormField, widget: QWidget, column: QVBoxLayout) -> None:
        own = {SIZE: self.of_size, TOWARDS: self.of_aim}
        own.get(field.path, column).addWidget(widget)


class PictureTile(QWidget):
    """A picture with a title and a line under it."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = PictureView("", smooth=False, ground="background")
        self.picture.setMinimumSize(96, 96)
        self.picture.setMaximumHeight(SIDE)
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._title, self._detail = ElidedLabel(), ElidedLabel()
        self._title.setProperty("role", "value")
        self._detail.setProperty("role", "detail")
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._title, self._detail):
            words.addWidget(label)
        self._line = QHBoxLayout()
        self._line.setSpacing(8)
        self._line.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.picture)
        column.addLayout(self._line)

    def put_beside(self, widget: QWidget) -> None:
        """Put something beside the words."""
        self._line.addWidget(widget)

    def set_tile(self, tile: Tile) -> None:
        self.picture.set_picture(tile.picture)
        self._title.set_text(tile.title)
        self._detail.set_text(tile.detail)
