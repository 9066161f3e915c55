"""A picture closer: the whole of it with the field, what counts in it, what the network says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QEnterEvent

    Picture = NDArray[np.uint8]

WIDTH = 336
SIDE = 151
GAP = 8


@dataclass(frozen=True, slots=True, eq=False)
class Closer:
    """What the card shows. Pictures are (H, W, 3), None: `words` or `map_words` say why not.

    `field` (top, left, bottom, right) is in pixels of the picture.
    """

    title: str
    detail: str
    picture: Picture | None
    field: tuple[float, float, float, float] | None
    field_words: str
    map: Picture | None
    map_name: str
    words: str = ""
    map_words: str = ""
    verdict: str = ""  # rich text
    why_not: str = ""  # why it cannot be used, "" where it can


class PatchCard(QFrame):
    """Stands over the window, left of the tile's row; neither takes focus nor grabs the mouse."""

    entered = pyqtSignal()
    exited = pyqtSignal()
    use_requested = pyqtSignal()
    open_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self._picture, self._map = PictureView(ground="control"), PictureView(ground="control")
        for view in (self._picture, self._map):
            view.setFixedSize(SIDE, SIDE)
            view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._field, self._method = ElidedLabel(), ElidedLabel()
        self._title, self._verdict = QLabel(), QLabel()
        self._title.setTextFormat(Qt.TextFormat.RichText)
        for label in (self._title, self._verdict):
            label.setWordWrap(True)
        self._verdict.setTextFormat(Qt.TextFormat.RichText)
        self._verdict.setProperty("role", "muted")
        self._use, self._open = QPushButton("Use as input"), QPushButton("Open")
        self._use.setToolTip("Show it framed as it was scanned: the unit gives that value again")
        self._open.setToolTip("Show the whole file in the stream, framed as the input is set")
        self._use.clicked.connect(self.use_requested)
        self._open.clicked.connect(self.open_requested)
        for button in (self._use, self._open):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard is at the tile
        self._arrange()
        self.hide()

    def set_closer(self, shown: Closer) -> None:
        self._picture.set_empty_text(shown.words)
        self._picture.set_picture(shown.picture)
        self._picture.set_field(shown.field if shown.picture is not None else None)
        self._map.set_empty_text(shown.map_words)
        self._map.set_picture(shown.map)
        self._field.set_text(shown.field_words)
        self._method.set_text(shown.map_name)
        self._title.setText(f"<b>{shown.title}</b> · {shown.detail}")
        strong = f'<b style="color: {colour("text").name()}">'
        self._verdict.setText(shown.verdict.replace("<b>", strong))
        self._verdict.setVisible(bool(shown.verdict))
        for button in (self._use, self._open):
            button.setEnabled(not shown.why_not)
        self.setAccessibleName(f"{shown.title}, {shown.detail}")
        if self.isVisible():
            self._fit()

    def show_beside(self, tile: QRect, window: QWidget) -> None:
        """Show left of a row of tiles, in the window's coordinates; as near as there is room."""
        if self.parentWidget() is not window:
            self.setParent(window)
        self._fit()
        left = max(tile.left() - 2 * GAP - self.width(), GAP)
        top = tile.center().y() - self.height() // 2
        top = min(max(top, GAP), window.height() - self.height() - GAP)
        self.move(QPoint(left, top))
        self.show()
        self.raise_()

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(WIDTH, layout.heightForWidth(WIDTH))

    def enterEvent(self, event: QEnterEvent | None) -> None:
        super().enterEvent(event)
        self.entered.emit()

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self.exited.emit()

    def _arrange(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(GAP)
        for view, words in ((self._picture, self._field), (self._map, self._method)):
            words.setProperty("role", "detail")
            part = QVBoxLayout()
            part.setSpacing(4)
            part.addWidget(view)
            part.addWidget(words)
            pictures.addLayout(part)
        keys = QLabel("↵ · Ctrl+↵")
        keys.setProperty("role", "detail")
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addWidget(self._use)
        buttons.addWidget(self._open)
        buttons.addStretch(1)
        buttons.addWidget(keys)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(pictures)
        column.addWidget(self._title)
        column.addWidget(self._verdict)
        column.addLayout(buttons)
