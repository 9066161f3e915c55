"""Single examples as pictures: labels that may be wrong, or one cell of the confusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from deepvis_app.known.run_examples import RunExamples
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.pictures.sharp_grid import SharpGrid
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.lazy_section import LazySection
from deepvis_app.ui.panels.learn.wall import (
    MOST,
    Suspects,
    has_margins,
    pair_cells,
    pair_words,
    suspect_cells,
)

if TYPE_CHECKING:
    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk

LOOK_MS = 100
TITLE = "Labels that may be wrong"


class WallSection(LazySection):
    """Runs that are trained here only: their data is known. Points are shown on their map."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._looks = desk.options.learn.looks
        self._known = RunExamples(desk.engine.read)
        self._waiting = QTimer(self)
        self._waiting.setInterval(LOOK_MS)
        self._waiting.timeout.connect(self._look)
        self.header = SectionHeader(TITLE, explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-suspects")
        )
        self.back = QPushButton("All suspects")
        self.back.setToolTip("Show the labels that may be wrong again")
        self.back.clicked.connect(lambda: setattr(self._looks, "confused", None))
        self.notice = NoticeLine()
        self.grid = SharpGrid(12, "Examples", has_captions_below=True)
        self.grid.most_px = 64
        row = QHBoxLayout()
        row.addWidget(self.header, 1)
        row.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.notice)
        column.addWidget(self.grid)
        self._looks.events.confused.connect(lambda *_: self._other())

    def applies(self, run: Run | None) -> bool:
        if run is None or not run.checkpoints or "regions" in run.about.facts:
            return False
        if "plan" not in run.about.facts:
            return False
        return has_margins(run) or self._looks.confused is not None

    def refresh(self) -> None:
        run, pair = self.run, self._looks.confused
        if run is None or not self.applies(run):
            return
        self.back.setVisible(pair is not None and has_margins(run))
        if pair is not None:
            self._show_pair(run, pair)
        else:
            self._show_suspects(run)
        fault = self._known.fault
        self.notice.setVisible(fault is not None)
        self.notice.set_notice("" if fault is None else str(fault))
        if self._known.is_reading and not self._waiting.isActive():
            self._waiting.start()

    def _show_suspects(self, run: Run) -> None:
        shown = Suspects(run)
        places = shown.places
        found = self._known.get(
            "suspects",
            run.path,
            run.checkpoints[-1].path,
            tuple(places.tolist()),
            lambda examples: (examples.learned(places),),
        )
        self.header.set_title(shown.title)
        self.header.set_detail(shown.words)
        if found is not None and len(found[0].given) == len(shown.margins):
            self.grid.set_cells(suspect_cells(found[0], shown, run.about.classes))

    def _show_pair(self, run: Run, pair: tuple[int, int]) -> None:
        found = self._known.get(
            "pair",
            run.path,
            run.checkpoints[-1].path,
            pair,
            lambda examples: (examples.taken_for(*pair, MOST),),
        )
        self.header.set_title(pair_words(pair, run.about.classes))
        step = f"{run.checkpoints[-1].step:,}".replace(",", "\u2009")
        self.header.set_detail(f"of those it is judged by · weights of step {step}")
        if found is not None:
            self.grid.set_cells(pair_cells(found[0], run.about.classes))

    def _other(self) -> None:
        self.grid.set_cells(())
        self.setVisible(self.applies(self.run))
        self.refresh_soon()

    def _look(self) -> None:
        if self._known.tick():
            self.refresh_soon()
        if not self._known.is_reading:
            self._waiting.stop()

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "learn-suspects",
                "Picture: single examples",
                "examples with their labels and what the network says",
                lambda: self.grid if self.grid.count() and self.isVisible() else None,
            ),
        )
