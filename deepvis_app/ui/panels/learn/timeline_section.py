"""One unit through the checkpoints of a run: when it became what it is."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app import paths
from deepvis_app.engine.jobs.kinds.timelines import TimelineRequest, TimelineStatus
from deepvis_app.engine.own_thread import apart
from deepvis_app.errors import UserError
from deepvis_app.nets.runs import keep_checkpoint
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.kit.pictures.sharp_grid import SharpGrid
from deepvis_app.ui.kit.plots.step_plot import StepPlot
from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import colour
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.lazy_section import LazySection
from deepvis_app.ui.panels.learn.timeline import (
    COLUMNS,
    UnitTimeline,
    squared,
    step_words,
)
from deepvis_app.ui.panels.learn.timeline_images import TimelineImages

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.lab.log.run import Run
    from deepvis_app.lab.timeline import Timeline
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.kit.plots.drawing import Drawing
    from deepvis_app.ui.panel import Tick

EVERY_S = 5.0  # between two looks at a run that goes on


class TimelineSection(LazySection):
    """Looks through the checkpoints when it is first seen, and again when there are more."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.images = TimelineImages(desk)
        self.timeline: Timeline | None = None
        self.shown: UnitTimeline | None = None
        self._request: TimelineRequest | None = None
        self._layer, self._unit = "", 0
        self._place: int | None = None  # of the slider; None: the last
        self._at_s, self._now_s = -EVERY_S, 0.0
        self.header = SectionHeader("One unit through the checkpoints", explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-timeline")
        )
        self._layers, self._units = ChoicePopup(searchable=True), ChoicePopup(searchable=True)
        self._layers.chosen.connect(lambda layer: self.choose(layer, 0))
        self._units.chosen.connect(lambda unit: self.choose(self._layer, int(unit)))
        self.layer = PopupButton(self._layers, "Whose unit is followed")
        self.unit = PopupButton(self._units, "Which unit is followed")
        self.notice = NoticeLine()
        self.plot = StepPlot("How near the unit is to what it becomes", ("", ""), 120)
        self.plot.make = self._drawing
        self.plot.table = self._table
        self.said = QLabel()
        self.said.setProperty("role", "caption")
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.RichText)
        self.slider = JumpSlider()
        self.slider.setAccessibleName("Checkpoint")
        self.slider.setToolTip("Go through the checkpoints")
        self.slider.valueChanged.connect(self._slide)
        self.step_words = QLabel()
        self.rows = {
            key: SharpGrid(COLUMNS, name, has_captions_below=True)
            for key, name in (
                ("weights", "The unit’s weights at several steps"),
                ("preferred", "What the unit would like to see at several steps"),
                ("best", "The pictures that excite the unit most at several steps"),
            )
        }
        for grid in self.rows.values():
            grid.most_px = 80
            grid.picked.connect(self._pick)
        self.keep = QPushButton("Keep as network")
        self.keep.setToolTip("Make the network of this step one of your own, in the list")
        self.keep.clicked.connect(self._keep)
        self._keeping: Future[Path] | None = None
        self.make = QPushButton("Make preferred images")
        self.make.setToolTip("With the network of each step that is shown, from the same seed")
        self.make.clicked.connect(self._make)
        self._lay()
        desk.selection.events.connect(self._follow)

    def _lay(self) -> None:
        row, slide = QHBoxLayout(), QHBoxLayout()
        for each in (row, slide):
            each.setSpacing(8)
        row.addWidget(self.header, 1)
        for widget in (self.layer, self.unit):
            row.addWidget(widget)
        slide.addWidget(QLabel("Step"))
        slide.addWidget(self.slider, 1)
        slide.addWidget(self.step_words)
        slide.addWidget(self.keep)
        self.body = QWidget()
        inner = QVBoxLayout(self.body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.plot)
        inner.addWidget(self.said)
        inner.addLayout(slide)
        heads = {}
        for key, title in (
            ("weights", "Its weights"),
            ("preferred", "What it would like to see"),
            ("best", "What excites it most"),
        ):
            heads[key] = SectionHeader(title)
            line = QHBoxLayout()
            line.addWidget(heads[key], 1)
            if key == "preferred":
                line.addWidget(self.make)
            inner.addLayout(line)
            inner.addWidget(self.rows[key])
        self.heads = heads
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.notice)
        column.addWidget(self.body)
        self.body.hide()

    # What is followed

    def applies(self, run: Run | None) -> bool:
        return run is not None and run.kind == "deepvis" and bool(run.checkpoints)

    def choose(self, layer: str, unit: int) -> None:
        """Follow another unit."""
        if layer != self._layer:
            self._at_s = -EVERY_S
        self._layer, self._unit = layer, unit
        self.refresh_soon()
        self._show()

    def _follow(self, *_: object) -> None:
        """Turn to the unit that is picked in the window, where the run has its layer."""
        selection = self._desk.selection
        if selection.layer in self._layer_names() and self.isVisible():
            self.choose(selection.layer, selection.unit)

    def _layer_names(self) -> tuple[str, ...]:
        run = self.run
        if run is None:
            return ()
        names = [info.name for info in run.about.layers if info.name]
        return tuple(dict.fromkeys([*run.activations.names, *names]))

    def refresh(self) -> None:
        """Have the checkpoints looked through, where that was not done yet."""
        run, layers = self.run, self._layer_names()
        if run is None or not run.checkpoints or not layers:
            return
        if self._layer not in layers:
            self._layer, self._unit, self._place = layers[0], 0, None
        until = max(point.step for point in run.checkpoints)
        request = TimelineRequest(str(run.path), self._layer, until)
        is_same_layer = self._request is not None and (
            (self._request.folder, self._request.layer) == (request.folder, request.layer)
        )
        if request == self._request or (is_same_layer and self._now_s - self._at_s < EVERY_S):
            return
        if not is_same_layer:
            self.timeline = self.shown = None
        self._request, self._at_s = request, self._now_s
        self._desk.jobs.submit(request)
        self._offer()

    # What comes

    def tick(self, tick: Tick) -> None:
        self._now_s = tick.now_s
        if tick.jobs is not None and self._request is not None and self.isVisible():
            self._take(tick.jobs)
        if self._keeping is not None and self._keeping.done():
            self._tell_kept(self._keeping)
        if self.images.tick(tick.jobs):
            self._show_columns()

    def _take(self, statuses: tuple[JobStatus, ...]) -> None:
        ours = [s for s in statuses if isinstance(s, TimelineStatus)]
        found = next((s for s in reversed(ours) if s.request == self._request), None)
        if found is None:
            return
        error = found.error
        under_way = not found.state.is_final and self.timeline is None
        words = "Looking through the checkpoints"
        words += f": {found.step} of {found.total}" if found.total else "…"
        text = str(error) if error is not None else words if under_way else ""
        self.notice.set_notice(text, is_bad=error is not None)
        timeline = found.timeline
        is_whole = found.state.is_final or self.timeline is None
        if timeline is not None and timeline is not self.timeline and is_whole:
            self.timeline = timeline
            self._show()

    def _show(self) -> None:
        timeline = self.timeline
        is_there = timeline is not None and timeline.layer == self._layer
        self.body.setVisible(is_there)
        if timeline is None or not is_there:
            return
        self.shown = UnitTimeline.of(timeline, self._unit)
        self._unit = self.shown.unit
        count = len(timeline.moments)
        self.slider.blockSignals(True)
        self.slider.setRange(0, count - 1)
        self.slider.setValue(self._at)
        self.slider.blockSignals(False)
        self.header.set_detail(f"{count} checkpoints" if count > 1 else step_words(timeline, 0))
        self._say()
        self._offer()
        self._show_columns()

    def _say(self) -> None:
        """Write what the curves say, each after a dot of its curve's colour."""
        words = () if self.shown is None else self.shown.words()
        dots = [f'<span style="color:{colour(shade).name()}">●</span>' for shade, _ in words]
        lines = [f"{dot} {escape(text)}" for dot, (_, text) in zip(dots, words, strict=True)]
        self.said.setText("<br>".join(lines))

    def restyle(self) -> None:
        self._say()
        self._show_columns()

    @property
    def _at(self) -> int:
        last = 0 if self.timeline is None else len(self.timeline.moments) - 1
        return last if self._place is None else min(self._place, last)

    def _slide(self, place: int) -> None:
        last = 0 if self.timeline is None else len(self.timeline.moments) - 1
        self._place = None if place == last else place
        self._show_columns()

    def _pick(self, column: int) -> None:
        if self.shown is not None:
            self.slider.setValue(self.shown.places(self._at)[column])

    def _show_columns(self) -> None:
        shown = self.shown
        if shown is None or self.timeline is None:
            return
        self.plot.changed()
        self.step_words.setText(step_words(self.timeline, self._at))
        places = shown.places(self._at)
        run = "" if self.run is None else str(self.run.path)
        moments = [self.timeline.moments[place] for place in places]
        self.images.follow(run, moments, self._layer, shown.unit)
        words = [step_words(self.timeline, place) for place in places]
        cells = {
            "weights": [(shown.weights(place), "") for place in places],
            "preferred": [self.images.of(moment) for moment in moments],
            "best": [(shown.best(place), "Silent on all") for place in places],
        }
        for key, found in cells.items():
            self.rows[key].set_cells(
                [
                    Cell(self._squared(picture), word, instead, self._tip(key, place))
                    for (picture, instead), word, place in zip(found, words, places, strict=True)
                ]
            )
            self.rows[key].set_marked(places.index(self._at))
        has_weights = cells["weights"][-1][0] is not None
        for part in (self.heads["weights"], self.rows["weights"]):
            part.setVisible(has_weights)
        self.heads["preferred"].set_detail(self.images.words)
        self.make.setEnabled(self.images.can_make)

    @staticmethod
    def _squared(picture: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
        ground = colour("background")
        shade = ground.red(), ground.green(), ground.blue()
        return None if picture is None else squared(picture, shade)

    def _tip(self, key: str, place: int) -> str:
        return self.shown.best_words(place) if key == "best" and self.shown is not None else ""

    def _make(self) -> None:
        try:
            self.images.make()
        except UserError as error:
            self._desk.notices.say(str(error))
        self._show_columns()

    def _keep(self) -> None:
        if self.run is None or self.timeline is None or self._keeping is not None:
            return
        step = int(self.timeline.steps[self._at])
        spec, name = f"{self.run.path}@{step}", f"{self.run.path.name} step {step}"
        folder = paths.config_dir() / "networks"
        self._keeping = apart(lambda: keep_checkpoint(spec, name, folder))
        self.keep.setEnabled(False)

    def _tell_kept(self, kept: Future[Path]) -> None:
        self._keeping = None
        self.keep.setEnabled(True)
        try:
            self._desk.notices.say(f"{kept.result().stem} is in the list of networks now")
        except UserError as error:
            self._desk.notices.say(str(error))

    def _offer(self) -> None:
        names = self._layer_names()
        self._layers.set_groups((ChoiceGroup("", tuple(Choice(n, n) for n in names)),))
        self._layers.set_current(self._layer)
        self.layer.set_text(f"Layer {self._layer}")
        count = 0 if self.timeline is None else self.timeline.unit_count
        units = tuple(Choice(str(k), f"unit {k}") for k in range(count))
        self._units.set_groups((ChoiceGroup("", units),))
        self._units.set_current(str(self._unit))
        self.unit.set_text(f"Unit {self._unit} of {count}" if count else "Unit…")

    def _drawing(self, _is_whole: bool) -> Drawing | None:
        return None if self.shown is None else self.shown.drawing(self._at)

    def _table(self) -> str:
        drawing = self._drawing(True)
        return "" if drawing is None else drawing.csv()

    def savables(self) -> tuple[Savable, ...]:
        grids = ((key, grid.accessibleName().lower(), grid) for key, grid in self.rows.items())
        shown: list[tuple[str, str, QWidget]] = [
            ("plot", "how near a unit is to what it becomes", self.plot), *grids,
        ]  # fmt: skip
        return tuple(
            Savable(f"learn-timeline-{key}", f"Picture: {what}", what, partial(self._seen, part))
            for key, what, part in shown
        )

    def _seen(self, part: QWidget) -> QWidget | None:
        return part if self.shown is not None and part.isVisibleTo(self) else None
