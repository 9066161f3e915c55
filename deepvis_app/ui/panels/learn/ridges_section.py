"""How the values of every layer are spread over the steps, as small plots side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout

from deepvis_app.state.run_looks import RIDGES
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.kit.plots.ridge_sheet import RidgeSheet
from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.lazy_section import LazySection
from deepvis_app.ui.panels.learn.ridges import Beside, Ridges, kinds_in

if TYPE_CHECKING:
    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk

MOST_PX = 140  # that the name of what is beside takes
LAYER = "layer:"  # before the name of a layer of the run itself
NO_KIND = "This log has no histograms of the {}"
MONITOR = "deepvis’ Monitor, and what is trained here, writes them"


class RidgesSection(LazySection):
    """Weights, gradients, updates or activations, by layer."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._learn, self._runs = desk.options.learn, desk.kept.runs
        self._options = self._learn.looks
        self.header = SectionHeader("Spread", explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-ridges")
        )
        self.kind = Segmented(
            [Segment(kind, kind.capitalize(), f"How the {kind} are spread") for kind in RIDGES]
        )
        self.kind.setAccessibleName("Whose values")
        self.kind.picked.connect(lambda kind: setattr(self._options, "ridges", kind))
        self.way = Segmented(
            [
                Segment("lines", "Lines", "An outline a step, the newest in front"),
                Segment("bands", "Bands", "The middle half and nine tenths of the sizes by step"),
            ]
        )
        self.way.setAccessibleName("How they are drawn")
        self.way.picked.connect(lambda way: setattr(self._options, "as_bands", way == "bands"))
        self.popup = ChoicePopup(searchable=True)
        self.popup.chosen.connect(lambda key: setattr(self._options, "beside", key))
        self.beside = PopupButton(self.popup, "Lay another run, or one of the layers, over each")
        self.sheet = RidgeSheet("How each layer's values are spread")
        self.sheet.picked.connect(self._pick)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.header, 1)
        for control in (self.beside, self.way, self.kind):
            row.addWidget(control)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.sheet)
        for name in ("ridges", "as_bands", "beside"):
            getattr(self._options.events, name).connect(lambda *_: self.refresh_soon())
        self._options.events.layer.connect(lambda *_: self._mark())

    def refresh(self) -> None:
        run, kind = self.run, self._options.ridges
        known = kinds_in(run)
        for each in RIDGES:
            self.kind.set_option_enabled(each, each in known, NO_KIND.format(each))
        self.kind.set_current(kind)
        self.way.set_current("bands" if self._options.as_bands else "lines")
        self.sheet.set_bands(self._options.as_bands)
        self._offer(run, kind)
        if run is None or kind not in known:
            self.sheet.set_notice(*((NO_KIND.format(kind), MONITOR) if run else ("", "")))
            self.sheet.set_plates(())
            self.header.set_detail("")
            return
        beside = self._beside(run, kind)
        as_bands, shade = self._options.as_bands, self._shade(run)
        ridges = Ridges(kind, run, run.path.name, beside, shade, as_bands=as_bands)
        self.sheet.set_plates(ridges.plates, ridges.ends)
        self.header.set_detail("right: now" if self._options.as_bands else "front: now")
        self._mark()

    def _beside(self, run: Run, kind: str) -> Beside | None:
        key = self._options.beside
        if key.startswith(LAYER):
            return Beside.one_layer(run, kind, key.removeprefix(LAYER))
        other = self._runs.get(key).run if key and key != str(run.path) else None
        if other is None:
            return None
        return Beside.run(other.path.name, self._shade(other), other, kind)

    def _shade(self, run: Run) -> str:
        """Return the colour that a run has in the curves, too."""
        return f"run_{self._learn.colour(str(run.path))}"

    def _offer(self, run: Run | None, kind: str) -> None:
        own = "" if run is None else str(run.path)
        runs = tuple(
            Choice(one.path, one.name)
            for one in self._runs.shown
            if one.path != own and one.run is not None and kind in one.run.histograms
        )
        layers = () if run is None or kind not in run.histograms else run.histograms[kind].names
        all_groups = (
            ChoiceGroup("", (Choice("", "Nothing beside"),)),
            ChoiceGroup("Another run", runs),
            ChoiceGroup("One layer over all", tuple(Choice(LAYER + n, n) for n in layers)),
        )
        groups = tuple(group for group in all_groups if group.choices)
        key = self._options.beside
        keys = {choice.key for group in groups for choice in group.choices}
        key = key if key in keys else ""
        self.popup.set_groups(groups)
        self.popup.set_current(key)
        name = key.removeprefix(LAYER) if key.startswith(LAYER) else Path(key).name
        self.beside.set_text(f"and {name}" if key else "Beside…")
        self.beside.setMinimumWidth(min(self.beside.sizeHint().width(), MOST_PX))

    def _mark(self) -> None:
        names = [plate.title for plate in self.sheet.plates()]
        layer = self._options.layer
        self.sheet.set_marked(names.index(layer) if layer in names else None)

    def _pick(self, place: int) -> None:
        self._options.layer = self.sheet.plates()[place].title

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "learn-ridges",
                "Picture: how each layer's values are spread",
                "how each layer's values are spread",
                lambda: self.sheet.whole() if self.sheet.plates() else None,
            ),
        )
