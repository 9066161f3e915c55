"""The line at the bottom: how the stream runs."""

from __future__ import annotations

import html

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from deepvis_app.ui.kit.theme import colour


class StatusView(QWidget):
    """State, rates, age, stage times, jobs. Values are rich text with the numbers emphasised."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(32)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(20)
        self._state = self._label(row, "Whether the stream runs")
        self._rates = self._label(
            row, "Frames a second taken from the source, answered by the network, and shown"
        )
        self._dropped = self._label(row, "Frames replaced by newer ones before they were used")
        self._age = self._label(
            row, "Time from taking the shown picture to showing it; it grows while the next is late"
        )
        self._stages = self._label(row, "Where the time of one frame goes")
        row.addStretch(1)
        self._message = self._label(row, "")
        self._row = row

    def add(self, line: QWidget) -> None:
        """Add a line of a panel at the right."""
        self._row.addWidget(line)

    def set_state(self, text: str, tone: str) -> None:
        """`tone` is a colour of the theme: "good", "warning", "bad", "muted"."""
        dot = colour(tone).name()
        self._state.setText(
            f'<span style="color:{dot}">●</span>&nbsp; <nobr>{html.escape(text)}</nobr>'
        )

    def set_rates(self, captured: float, processed: float, shown: float, dropped: int) -> None:
        rates = {"captured": captured, "processed": processed, "shown": shown}
        parts = [f"{name} {_strong(f'{rate:5.1f}')}" for name, rate in rates.items()]
        _set(self._rates, " · ".join(parts) + " /s")
        _set(self._dropped, f"dropped {_strong(f'{dropped:3}')}")

    def set_age(self, age_ms: float | None) -> None:
        _set(self._age, "" if age_ms is None else f"age {_duration(age_ms)}")

    def set_stages(self, stages_ms: dict[str, float]) -> None:
        parts = [f"{name} {_strong(f'{ms:5.1f}')}" for name, ms in stages_ms.items()]
        _set(self._stages, " · ".join(parts) + " ms" if parts else "")

    def set_message(self, text: str) -> None:
        self._message.setText(text)

    def toggle_details(self) -> None:
        self._stages.setVisible(not self._stages.isVisible())

    def show_details(self, visible: bool) -> None:
        """Hide the stage times, on demand or where the window is narrow."""
        self._stages.setVisible(visible)

    def _label(self, row: QHBoxLayout, tip: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", "muted")
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setToolTip(tip)
        row.addWidget(label)
        return label


def _set(label: QLabel, text: str) -> None:
    """Show a text; what stands at its right moves only to make room, never back.

    Figures are equally wide: as many letters as before need no more room.
    """
    is_longer = len(text) > len(label.text())
    label.setText(text)
    if is_longer:
        label.setMinimumWidth(max(label.minimumWidth(), label.sizeHint().width()))


def _duration(ms: float) -> str:
    return f"{_strong(f'{ms:4.0f}')} ms" if ms < 9999.5 else f"{_strong(f'{ms / 1000:.1f}')} s"


def _strong(text: str) -> str:
    """Return a number emphasised; spaces in it are as wide as figures."""
    padded = text.replace(" ", "\u2007")
    return f'<span style="color:{colour("text").name()}">{padded}</span>'
