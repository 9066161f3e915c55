"""What stands over the map, beside the pointer: the picture under it, larger, with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.pictures.picture_view import PictureView

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE, PAD, AWAY = 176, 8, 20


class OverCard(QFrame):
    """Stands over the map beside something; the pointer passes through it."""

    def __init__(self, over: QWidget, width: int) -> None:
        super().__init__(over)
        self.setProperty("surface", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedWidth(width)
        self.hide()

    def show_beside(self, what: QRect) -> None:
        """Stand right of a part of the map, or left where there is no room, and within the map."""
        over = self.parentWidget()
        assert over is not None
        self.adjustSize()
        left = what.right() + 1
        if left + self.width() > over.width():
            left = what.left() - self.width()
        top = what.center().y() - self.height() // 2
        top = min(max(top, PAD), over.height() - self.height() - PAD)
        self.move(max(left, PAD), max(top, PAD))
        self.show()
        self.raise_()


class PictureCard(OverCard):
    """A picture with what it is called."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over, SIDE + 2 * PAD)
        self._picture = PictureView(ground="control")
        self._picture.setFixedSize(SIDE, SIDE)
        self._picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._title, self._detail = ElidedLabel(), ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._title.setProperty("role", "value")
        self._detail.setProperty("role", "detail")
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD, PAD, PAD, PAD)
        column.setSpacing(2)
        column.addWidget(self._picture)
        column.addSpacing(4)
        for label in (self._title, self._detail):
            column.addWidget(label)

    def tell(self, title: str, detail: str, at: QPoint) -> None:
        """Say what the picture at a point of the map is called; it is read meanwhile."""
        self._title.set_text(title)
        self._detail.set_text(detail)
        self._detail.setVisible(bool(detail))
        self.setAccessibleName(f"{title}, {detail}")
        self.show_beside(QRect(at, at).adjusted(-AWAY, 0, AWAY, 0))

    def set_picture(self, picture: NDArray[np.uint8] | None, why_not: str = "") -> None:
        self._picture.set_empty_text(why_not)
        self._picture.set_picture(picture)

    def words(self) -> tuple[str, str]:
        return self._title.text(), self._detail.text()
