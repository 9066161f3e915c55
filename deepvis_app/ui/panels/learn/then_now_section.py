"""A layer's weights then and now, its units as pictures, and how far each has moved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deepvis_app.known.run_weights import RunWeights
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.kit.pictures.matrix_views import MatrixViews
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.kit.pictures.sharp_grid import SharpGrid
from deepvis_app.ui.kit.plots.bar_row import BarRow
from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.lazy_section import LazySection
from deepvis_app.ui.panels.learn.then_now import MOST_STEPS, MOST_UNITS, ThenNow
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.then_now import LayerWeights

LOOK_MS = 100  # between two looks whether files were read


class ThenNowSection(LazySection):
    """Three matrices; below, where a unit's weights are a picture, all units and one of them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._options = desk.options.learn.looks
        self._known = RunWeights(desk.engine.read)
        self.finding = ThenNow(self._known)
        self.found: LayerWeights | None = None
        self._unit: int | None = None
        self._waiting = QTimer(self)
        self._waiting.setInterval(LOOK_MS)
        self._waiting.timeout.connect(self._look)
        self.header = SectionHeader("Weights then and now", explains=True)
        self.popup = ChoicePopup(searchable=True)
        self.popup.chosen.connect(lambda layer: setattr(self._options, "layer", layer))
        self.layer = PopupButton(self.popup, "Whose weights are shown")
        self.matrices = MatrixViews("Weights of a layer then, now, and their difference")
        self.units_header = SectionHeader("Unit by unit", explains=True)
        self.units = SharpGrid(15, "Incoming weights of every unit")
        self.units.most_px = 44
        self.units.picked.connect(self._pick)
        self.history_header = SectionHeader("This unit while it learned", "steps")
        self.history = SharpGrid(MOST_STEPS, "One unit at several steps", has_captions_below=True)
        self.history.most_px = 88
        self.moved_header = SectionHeader("How far each has moved", "‖w − w₀‖ / ‖w₀‖")
        self.moved = BarRow("How far each unit's weights have moved")
        self.moved.picked.connect(self._pick)
        for header in (self.header, self.units_header):
            header.explanation_requested.connect(
                lambda: self.explanation_requested.emit("learn-weights")
            )
        self._lay()
        for name in ("layer", "at"):
            getattr(self._options.events, name).connect(lambda *_: self._other())

    def _lay(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.header, 1)
        row.addWidget(self.layer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.matrices)
        column.addWidget(self.units_header)
        column.addWidget(self.units)
        below = QHBoxLayout()
        below.setSpacing(24)
        self._one = _column(self.history_header, self.history)
        self._all = _column(self.moved_header, self.moved)
        below.addWidget(self._one, 1)
        below.addWidget(self._all, 1)
        column.addLayout(below)

    def show_run(self, run: Run | None, step: int | None) -> None:
        if run is None or self.run is None or run.path != self.run.path:
            self._unit = None
        super().show_run(run, step)

    def refresh(self) -> None:
        found = self.finding.find(self.run, self._options.layer, self._options.at)
        if self._known.is_reading and not self._waiting.isActive():
            self._waiting.start()
        if found is None and self._known.is_reading and self.found is not None:
            return  # what was there stays until the new is
        self.matrices.set_notice(*self.finding.why)
        if found is not None and self.found is not None and _same(found, self.found):
            return
        self.found = found
        self._show()

    def _show(self) -> None:
        found = self.found
        self.matrices.set_look(None if found is None else found.look())
        self._offer()
        self._all.setVisible(found is not None)
        if found is None:
            self._set_pictured(False)
            self.header.set_detail("")
            return
        self.header.set_detail(found.size_words())
        moved = found.moved
        if self._unit is None or self._unit >= len(moved):
            self._unit = int(np.nan_to_num(moved, nan=-1).argmax())
        self.moved.set_bars([f"unit {k}" for k in range(len(moved))], moved.tolist())
        self._show_units(found)
        self._mark()

    def _show_units(self, found: LayerWeights) -> None:
        pictures = found.pictures()
        self._set_pictured(pictures is not None)
        if pictures is None:
            return
        now = pictures[-1]
        self._shown = np.arange(len(now))
        if len(now) > MOST_UNITS:
            order = np.argsort(-np.nan_to_num(found.moved, nan=-1), kind="stable")
            self._shown = np.sort(order[:MOST_UNITS])
        tips = (f"Unit {k}: moved {figure(float(found.moved[k]))}" for k in self._shown)
        cells = [Cell(now[k], tip=tip) for k, tip in zip(self._shown, tips, strict=True)]
        self.units.set_cells(cells)
        most = f"the {MOST_UNITS} that moved most of {len(now)}" if len(now) > MOST_UNITS else ""
        self.units_header.set_detail(most or f"step {found.steps[-1]:,}".replace(",", "\u2009"))

    def _mark(self) -> None:
        """Show the picked unit through the steps, and mark it."""
        found, unit = self.found, self._unit
        if found is None or unit is None:
            return
        self.moved.set_marked(unit)
        pictures = found.pictures()
        if pictures is None:
            return
        shown = self._shown.tolist()
        self.units.set_marked(shown.index(unit) if unit in shown else None)
        self.history_header.set_title(f"Unit {unit} while it learned")
        words = (f"{step:,}".replace(",", "\u2009") for step in found.steps)
        self.history.set_cells(
            [Cell(each[unit], caption=word) for each, word in zip(pictures, words, strict=True)]
        )

    def _pick(self, place: int) -> None:
        from_grid = self.sender() is self.units
        self._unit = int(self._shown[place]) if from_grid else place
        self._mark()

    def _other(self) -> None:
        self._unit = None
        self.refresh_soon()

    def _offer(self) -> None:
        layers = self.finding.layers
        self.popup.set_groups((ChoiceGroup("", tuple(Choice(n, n) for n in layers)),))
        layer = "" if self.found is None else self.found.layer
        self.popup.set_current(layer)
        self.layer.set_text(f"Layer {layer}" if layer else "Layer…")
        self.layer.setVisible(len(layers) > 1)

    def _look(self) -> None:
        """Take what was read; go on looking while more is."""
        if self._known.tick():
            self.refresh_soon()
        if not self._known.is_reading:
            self._waiting.stop()

    def _set_pictured(self, is_pictured: bool) -> None:
        """Tell whether a unit's weights are a picture."""
        for part in (self.units_header, self.units, self._one):
            part.setVisible(is_pictured)

    def restyle(self) -> None:
        self.matrices.restyle()

    def savables(self) -> tuple[Savable, ...]:
        shown = (
            ("weights", "weights then and now", self.matrices),
            ("units", "incoming weights of every unit", self.units),
            ("unit", "a unit while it learned", self.history),
            ("moved", "how far each unit moved", self.moved),
        )
        return tuple(
            Savable(f"learn-{key}", f"Picture: {what}", what, partial(self._unless_empty, part))
            for key, what, part in shown
        )

    def _unless_empty(self, part: QWidget) -> QWidget | None:
        return part if self.found is not None and part.isVisibleTo(self) else None


def _column(*parts: QWidget) -> QWidget:
    """Return widgets under one another, at the top."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return whole


def _same(one: LayerWeights, other: LayerWeights) -> bool:
    pairs = zip(one.weights, other.weights, strict=False)
    return one.steps == other.steps and all(a is b for a, b in pairs)
