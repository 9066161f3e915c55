"""Every layer, every step: one picture, with a switch of what its colours mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout

from deepvis_app.ui.kit.pictures.step_heat import StepHeat
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.heat import (
    BY_KEY,
    QUANTITIES,
    available,
    detail,
    heat_look,
    row_of,
    ticks,
)
from deepvis_app.ui.panels.learn.lazy_section import LazySection

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk

TITLE = "Every layer, every step"


class HeatSection(LazySection):
    """A click picks the layer and the step that are looked into below."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._options, self._runs = desk.options.learn.looks, desk.kept.runs
        self.header = SectionHeader(TITLE, explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-heat")
        )
        self.choice = Segmented([Segment(q.key, q.title, q.tip) for q in QUANTITIES])
        self.choice.setAccessibleName("What the colours mean")
        self.choice.picked.connect(lambda key: setattr(self._options, "heat", key))
        self.heat = StepHeat("A quantity of every layer at every step")
        self.heat.pointed.connect(self.step_pointed)
        self.heat.picked.connect(self._pick)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.header, 1)
        row.addWidget(self.choice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.heat)
        self._options.events.heat.connect(lambda *_: self.refresh_soon())
        self._options.events.layer.connect(lambda *_: self._mark())

    def refresh(self) -> None:
        run, key = self.run, self._options.heat
        known = available(run)
        for each in QUANTITIES:
            self.choice.set_option_enabled(each.key, each.key in known, each.lacks[0])
        self.choice.set_current(key)
        look = heat_look(run, key)
        self.heat.set_notice(*(BY_KEY[key].lacks if run is not None else ("", "")))
        self.heat.set_look(look)
        judged = None if run is None else self._runs.get(str(run.path)).judged
        self.heat.set_ticks(ticks(run, getattr(judged, "findings", ())))
        columns = self.heat.columns()
        self.header.set_detail(detail(look, 0 if columns is None else columns.values.shape[1]))
        self._mark()

    def show_step(self) -> None:
        self.heat.set_step(self.step)

    def _mark(self) -> None:
        self.heat.set_row(row_of(self.heat.look(), self._options.layer))

    def _pick(self, row: int, step: int) -> None:
        look = self.heat.look()
        if look is not None:
            self._options.layer, self._options.at = look.rows[row], step

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "learn-heat",
                "Picture: every layer, every step",
                "a quantity of every layer at every step",
                lambda: self.heat if self.heat.look() is not None else None,
                self.heat.bar,
            ),
        )
