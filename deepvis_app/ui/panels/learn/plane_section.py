"""What the network says of every place of the plane, with the points it learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QVBoxLayout

from deepvis_app.known.run_examples import RunExamples
from deepvis_app.ui.kit.pictures.region_view import RegionView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import colour
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.lazy_section import LazySection
from deepvis_app.ui.panels.learn.plane import extent_of, plane_look, plane_words

if TYPE_CHECKING:
    from deepvis_app.lab.examples import Examples, ExamplesOf
    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk

LOOK_MS = 100
MOST_POINTS = 1000


class PlaneSection(LazySection):
    """Is there for runs on points only."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._known = RunExamples(desk.engine.read)
        self._waiting = QTimer(self)
        self._waiting.setInterval(LOOK_MS)
        self._waiting.timeout.connect(self._look)
        self.header = SectionHeader("What is said of every place", explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-regions")
        )
        self.plane = RegionView("What the network says of every place")
        self.plane.set_notice("", "Drawn after the first epoch")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.header)
        column.addWidget(self.plane)

    def applies(self, run: Run | None) -> bool:
        return extent_of(run) > 0

    def refresh(self) -> None:
        run = self.run
        if run is None or not self.applies(run):
            return
        found = None
        if run.checkpoints:
            first = run.checkpoints[0].path  # the points do not change
            found = self._known.get("points", run.path, first, (), _points)
        if self._known.is_reading and not self._waiting.isActive():
            self._waiting.start()
        ground = colour("background")
        look = plane_look(run, found or (), (ground.red(), ground.green(), ground.blue()))
        self.plane.set_look(look)
        self.header.set_detail("" if look is None else plane_words(look))

    def restyle(self) -> None:
        self.refresh_soon()

    def _look(self) -> None:
        if self._known.tick():
            self.refresh_soon()
        if not self._known.is_reading:
            self._waiting.stop()

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "learn-regions",
                "Picture: what is said of every place",
                "what the network says of every place",
                lambda: self.plane if self.isVisible() and self.plane.look() else None,
            ),
        )


def _points(examples: ExamplesOf) -> tuple[Examples, ...]:
    learned = np.arange(min(len(examples.data.train_y), MOST_POINTS))
    judged = np.arange(min(len(examples.data.val_y), MOST_POINTS))
    return examples.learned(learned), examples.judged(judged)
