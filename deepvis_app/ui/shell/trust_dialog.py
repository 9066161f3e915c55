"""What code a file would run, and whether it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontDatabase
from PyQt6.QtWidgets import (
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.errors import sentence
from deepvis_app.nets.trust import IN_WINDOW
from deepvis_app.ui.kit.theme import Size
from deepvis_app.words.foreign import in_pieces, in_plain, lines_in_plain

if TYPE_CHECKING:
    from deepvis_app.nets.trust import UntrustedCodeError

WIDTH_PX = 620
CODE_PX = 180  # ten lines of code
LONGEST = 300  # letters of a path
SHORT = 40  # letters of a word that surely fits into a line
WARNING = (
    "It runs with all your rights: it can read, change and delete your files and use the network "
    "in your name. Run it only if you know who made it."
)
REMEMBERED = (
    "deepvis remembers this for exactly this content and asks again after any change. "
    "In a terminal, “deepvis trust” lists what you agreed to and takes it back."
)


class TrustDialog(QDialog):
    """Accepted: the code may run. Enter and Escape leave it."""

    def __init__(self, error: UntrustedCodeError, parent: QWidget) -> None:
        super().__init__(parent)
        code = error.code
        name = in_plain(code.file.name, 40)
        self.setWindowTitle("Code in a file")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        head = QVBoxLayout()
        head.setSpacing(8)
        head.addWidget(_label(f"{name} brings code of its own", "title"))
        head.addWidget(_label(WARNING))
        column.addLayout(head)
        column.addLayout(self._facts(error))
        if code.beginning:
            column.addWidget(_source(code.beginning))
        if error.in_window != IN_WINDOW:
            column.addWidget(
                _label(f"Safer: {sentence(in_plain(error.in_window, LONGEST))}", "detail")
            )
        column.addWidget(_label(REMEMBERED, "detail"))
        column.addLayout(self._buttons())
        self.ensurePolished()  # in the style's type, by which the height is known
        self.setFixedSize(WIDTH_PX, column.totalHeightForWidth(WIDTH_PX))
        self.leave.setFocus()

    def _facts(self, error: UntrustedCodeError) -> QFormLayout:
        code = error.code
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        call = f"{code.what}({code.arguments})" if code.beginning or code.arguments else code.what
        facts = {"File": str(code.file), "Runs": call, "Code in": code.lies_in}
        if code.lies_in == str(code.file):
            del facts["Code in"]
        for title, fact in facts.items():
            label = _label(in_pieces(in_plain(fact, LONGEST), SHORT))
            label.setAccessibleName(title)
            form.addRow(_label(title, "muted"), label)
        return form

    def _buttons(self) -> QHBoxLayout:
        self.run = QPushButton("Run it")
        self.run.setProperty("kind", "danger")
        self.run.setToolTip("Run this code now, and without asking as long as it stays the same")
        self.run.setAutoDefault(False)
        self.run.clicked.connect(self.accept)
        self.leave = QPushButton("Leave it")
        self.leave.setToolTip("Run nothing; what is shown stays")
        self.leave.setDefault(True)
        self.leave.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.run)
        row.addWidget(self.leave)
        return row


def _label(text: str, role: str = "") -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)  # some of it is what the file says
    label.setText(text)
    label.setWordWrap(role not in ("title", "muted"))
    if role:
        label.setProperty("role", role)
    return label


def _source(text: str) -> QPlainTextEdit:
    """Return the beginning of a source to scroll through."""
    box = QPlainTextEdit(lines_in_plain(text))
    box.setReadOnly(True)
    box.setAccessibleName("The beginning of the code")
    box.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    box.setFrameShape(QFrame.Shape.NoFrame)
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    fixed.setPixelSize(int(Size.SMALL))
    box.setFont(fixed)
    box.setFixedHeight(CODE_PX)
    box.setTabChangesFocus(True)
    return box
