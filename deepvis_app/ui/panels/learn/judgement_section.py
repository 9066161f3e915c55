"""Which classes are taken for which; and beside it the loss along the newest update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from deepvis_app.ui.kit.pictures.confusion_grid import ConfusionGrid
from deepvis_app.ui.kit.plots.line_plot import LinePlot
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panel import Savable, offer_plot, painted
from deepvis_app.ui.panels.learn.judgement import (
    NO_CONFUSION,
    NO_LINE,
    Confusion,
    confusion_at,
    line_at,
    line_words,
)
from deepvis_app.ui.panels.learn.lazy_section import LazySection

if TYPE_CHECKING:
    from deepvis_app.lab.log.run import LineProbe
    from deepvis_app.ui.desk import Desk


class JudgementSection(LazySection):
    """Both follow the step that is pointed at."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._looks = desk.options.learn.looks
        self._confusion: Confusion | None = None
        self._line: LineProbe | None = None
        self.header = SectionHeader("Confusion", explains=True)
        self.confusion = ConfusionGrid("Which classes are taken for which")
        self.confusion.set_notice(*NO_CONFUSION)
        self.confusion.picked.connect(self._pick)
        self.line_header = SectionHeader("Loss along the update", explains=True)
        self.line = LinePlot()
        self.line.set_empty_text("", NO_LINE)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "detail")
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-confusion")
        )
        self.line_header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-line")
        )
        offer_plot(desk.files, "learn-line", self.line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        for parts in (
            (self.header, self.confusion), (self.line_header, self.line, self.words)
        ):  # fmt: skip
            side = QVBoxLayout()
            side.setSpacing(6)
            for part in parts:
                side.addWidget(part)
            side.addStretch(1)
            row.addLayout(side, 1)

    def refresh(self) -> None:
        self._show_confusion()
        line = line_at(self.run, self.step)
        if line is not self._line or line is None:
            self._line = line
            self.line.set_line(*((line.lengths, line.losses) if line is not None else ((), ())))
            self.words.setText("" if line is None else f"{line_words(line)}.")
            when = "" if line is None else f"step {line.step:,}".replace(",", "\u2009")
            self.line_header.set_detail(when)

    def _show_confusion(self) -> None:
        found, before = confusion_at(self.run, self.step), self._confusion
        if found is not None and before is not None and found.counts is before.counts:
            return
        self._confusion = found
        if found is None:
            self.confusion.set_counts(None)
            self.header.set_detail("")
            return
        self.confusion.set_counts(found.counts, found.names)
        self.header.set_detail(found.words)

    def show_step(self) -> None:
        if not self.visibleRegion().isEmpty():
            self.refresh()

    def _pick(self, is_class: int, said: int) -> None:
        pair = None if self._looks.confused == (is_class, said) else (is_class, said)
        self._looks.confused = pair
        size = len(self.confusion.counts())
        self.confusion.set_marked(None if pair is None else is_class * size + said)

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "learn-confusion",
                "Picture: confusion",
                "which classes are taken for which",
                lambda: self.confusion if self.confusion.count() else None,
            ),
            painted("learn-line", "Plot: loss along the update", self.line),
        )
