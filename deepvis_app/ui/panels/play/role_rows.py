"""The pictures that a technique takes: what each is, and another one by file, drop or frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QPainter, QPainterPath
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.pixels import fitted_image
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QPaintEvent

    from deepvis_app.ui.panels.play.role_look import RoleLook

SIDE = 36
FILTER = "Pictures (*.jpg *.jpeg *.png *.webp *.bmp *.gif *.tif *.tiff);;All files (*)"


class RoleRows(QWidget):
    """A row a picture."""

    frame_requested = pyqtSignal(str)  # role
    file_chosen = pyqtSignal(str, object)  # role, Path
    removed = pyqtSignal(str)

    def __init__(self, *, is_small: bool = False) -> None:
        super().__init__()
        self._is_small = is_small
        self.rows: dict[str, RoleRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def set_roles(self, roles: Sequence[RoleLook]) -> None:
        if list(self.rows) != [role.key for role in roles]:
            for row in self.rows.values():
                row.hide()
                row.deleteLater()
            self.rows = {role.key: self._made(role) for role in roles}
        for role in roles:
            self.rows[role.key].set_role(role)

    def _made(self, role: RoleLook) -> RoleRow:
        row = RoleRow(role, is_small=self._is_small)
        row.frame_requested.connect(lambda: self.frame_requested.emit(role.key))
        row.file_chosen.connect(lambda path: self.file_chosen.emit(role.key, path))
        row.removed.connect(lambda: self.removed.emit(role.key))
        self._column.addWidget(row)
        return row


class RoleRow(QWidget):
    """A thumbnail, what it is, and three ways to another one; a file may be dropped on it.

    `is_small`: the buttons alone, beside a picture that says the rest.
    """

    frame_requested = pyqtSignal()
    file_chosen = pyqtSignal(object)  # Path
    removed = pyqtSignal()

    def __init__(self, role: RoleLook, *, is_small: bool) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setToolTip(role.tip)
        self._thumb = _Thumb()
        self._title, self._name = ElidedLabel(), ElidedLabel()
        for part in (self._thumb, self._title, self._name):
            part.setParent(self)
            part.setVisible(not is_small)
        self._title.set_text(role.title)
        self._name.setProperty("role", "detail")
        tip = f"Take the frame that is shown now as {role.title.lower()} (Shift+F: the input)"
        self.frame = IconButton("camera", tip) if is_small else QPushButton("Take the frame")
        self.frame.setToolTip(tip)
        self.frame.clicked.connect(self.frame_requested)
        self.file = IconButton("folder", f"{role.title} from a file; one can be dropped here too")
        self.file.clicked.connect(self._choose)
        self.remove = IconButton("close", f"Do without {role.title.lower()}")
        self.remove.clicked.connect(self.removed)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        if not is_small:
            row.addWidget(self._thumb)
            row.addLayout(words, 1)
        for button in (self.frame, self.file, self.remove):
            row.addWidget(button)

    def set_role(self, role: RoleLook) -> None:
        self._thumb.set_picture(role.picture)
        self._name.set_text(role.name)
        self.remove.setVisible(role.can_go and role.picture is not None)

    def name(self) -> str:
        return self._name.text()

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open a picture", "", FILTER)
        if name:
            self.file_chosen.emit(Path(name))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None:
            event.setAccepted(any(url.isLocalFile() for url in mime.urls()))

    def dropEvent(self, event: QDropEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        if event is None or mime is None:
            return
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.file_chosen.emit(files[0])


class _Thumb(QWidget):
    """A picture of 36 pixels a side, its middle where it is longer."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: NDArray[np.uint8] | None = None
        self.setFixedSize(SIDE, SIDE)

    def set_picture(self, picture: NDArray[np.uint8] | None) -> None:
        if picture is not self._picture:
            self._picture = picture
            self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setClipPath(path)
        painter.fillRect(self.rect(), colour("control"))
        if self._picture is not None:
            height, width = self._picture.shape[:2]
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            square = self._picture[top : top + side, left : left + side]
            ratio = self.devicePixelRatioF()
            px = round(SIDE * ratio)
            image = fitted_image(square, QSize(px, px))
            image.setDevicePixelRatio(ratio)
            painter.drawImage(0, 0, image)
