"""What is wrong and what to do about it, on top of what still works."""

from __future__ import annotations

import html
from dataclasses import dataclass
from enum import Enum

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.icons import icon, paint_icon
from deepvis_app.ui.kit.theme import colour
from deepvis_app.words.foreign import in_pieces

MARK = 16  # the icon's side
MARK_LEFT = 16


class Severity(Enum):
    """How loud a banner is: (icon, colour of the theme)."""

    ERROR = ("error", "bad")
    NOTICE = ("info", "warning")


@dataclass(frozen=True, slots=True)
class Message:
    """What one banner says; `action` is the text of a button, "" for none."""

    key: str
    cause: str
    remedy: str
    severity: Severity
    action: str


class BannerStack(QWidget):
    """Up to `limit` banners, the newest on top; older ones come back when newer ones go."""

    dismissed = pyqtSignal(str)
    action_requested = pyqtSignal(str)

    def __init__(self, limit: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limit = limit
        self._messages: tuple[Message, ...] = ()  # newest first
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def show_banner(
        self,
        key: str,
        cause: str,
        remedy: str = "",
        severity: Severity = Severity.ERROR,
        action: str = "",
    ) -> None:
        """Show a banner, or change the one with the same key where it stands."""
        message = Message(key, cause, remedy, severity, action)
        if message in self._messages:
            return
        if key in self.keys():
            self._set(tuple(message if m.key == key else m for m in self._messages))
        else:
            self._set((message, *self._messages))

    def clear_banner(self, key: str) -> None:
        """Take a banner away, as when its cause is gone."""
        if key in self.keys():
            self._set(tuple(m for m in self._messages if m.key != key))

    def keys(self) -> tuple[str, ...]:
        """Return the keys of all messages, newest first."""
        return tuple(message.key for message in self._messages)

    def shown(self) -> tuple[Message, ...]:
        """Return the messages that can be seen."""
        return self._messages[: self._limit]

    def _set(self, messages: tuple[Message, ...]) -> None:
        self._messages = messages
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for message in self.shown():
            banner = _Banner(message)
            banner.dismissed.connect(self._on_dismissed)
            banner.action_requested.connect(self.action_requested)
            self._column.addWidget(banner)
        self.setVisible(bool(messages))

    def _on_dismissed(self, key: str) -> None:
        self.clear_banner(key)
        self.dismissed.emit(key)


class _Banner(QFrame):
    dismissed = pyqtSignal(str)
    action_requested = pyqtSignal(str)

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._message = message
        row = QHBoxLayout(self)
        row.setContentsMargins(MARK_LEFT + MARK + 8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._make_text(), 1)
        if message.action:
            row.addWidget(self._make_action())
        row.addWidget(self._make_close())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("pane"))
        icon_name, shade = self._message.severity.value
        painter.fillRect(self.rect(), colour(shade, 0.12))
        painter.fillRect(0, 0, 3, self.height(), colour(shade))
        square = QRectF(MARK_LEFT, (self.height() - MARK) / 2, MARK, MARK)
        paint_icon(painter, square, icon_name, colour(shade).name())

    def _make_text(self) -> QLabel:
        text = QLabel()
        text.setTextFormat(Qt.TextFormat.RichText)
        words, _, code = self._message.remedy.partition("\n")
        remedy = f" {_escaped(words)}" if words else ""
        lines = f"<pre>{html.escape(code)}</pre>" if code else ""
        text.setText(f"<b>{_escaped(self._message.cause)}</b>{remedy}{lines}")
        text.setWordWrap(True)
        text.setMinimumHeight(20)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return text

    def _make_action(self) -> QPushButton:
        button = QPushButton(self._message.action)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.action_requested.emit(self._message.key))
        return button

    def _make_close(self) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("close", "muted"))
        button.setIconSize(QSize(12, 12))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip("Hide this message; it comes back if the trouble does")
        button.setAccessibleName("Hide this message")
        button.clicked.connect(lambda: self.dismissed.emit(self._message.key))
        return button


def _escaped(text: str) -> str:
    sentence = text if text.endswith((".", "!", "?", "…", ":")) else f"{text}."
    return html.escape(in_pieces(sentence), quote=False)
