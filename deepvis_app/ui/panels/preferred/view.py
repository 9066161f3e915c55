"""What the picked unit would like to see: pictures made for it, and how they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QTimer, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from deepvis_app.state.preferred import Colours
from deepvis_app.ui.kit.collapsible import Collapsible
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.pictures.picture_grid import PictureGrid
from deepvis_app.ui.kit.plots.curve_plot import CurvePlot
from deepvis_app.ui.kit.run_bar import RunBar
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.preferred.accentuation_view import AccentuationView
from deepvis_app.ui.panels.preferred.parameter_panel import ParameterPanel
from deepvis_app.ui.panels.preferred.recipe_chooser import RecipeChooser
from deepvis_app.ui.panels.preferred.result_pane import ResultPane
from deepvis_app.ui.panels.preferred.search_panel import SearchPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.fields import FormField
    from deepvis_app.ui.kit.pictures.picture_grid import Cell
    from deepvis_app.ui.panels.preferred.result_pane import Result

COLOURS = (
    Segment(
        Colours.AUTO.value, "Auto", "As they are; faint pictures with their contrast stretched"
    ),
    Segment(
        Colours.TRUE.value, "True", "The picture as it is, with the colours the network was given"
    ),
    Segment(
        Colours.STRETCHED.value,
        "Full",
        "Contrast stretched about grey until the strongest pixel is full: faint pictures show",
    ),
)


class PreferredView(QWidget):
    """The inspector's second page. Everything shown comes in by setters."""

    colours_picked = pyqtSignal(object)  # Colours
    picture_opened = pyqtSignal(int)  # place among the seeds
    history_opened = pyqtSignal(int)  # place among the earlier results
    by_itself_toggled = pyqtSignal(bool)
    explanation_requested = pyqtSignal(str)

    def __init__(self, parameters: Sequence[FormField]) -> None:
        super().__init__()
        self.recipe = RecipeChooser()
        self.run = RunBar("Make", "Make the pictures of this unit (Enter)")
        self.result = ResultPane()
        self.result.setVisible(False)
        self.result.explanation_requested.connect(self.explanation_requested)
        self.accentuation = AccentuationView()
        self.accentuation.explanation_requested.connect(self.explanation_requested)
        self.parameters = ParameterPanel(parameters)
        self.seeds = PictureGrid(3, "Preferred images, one a seed")
        self.seeds.picked.connect(self.picture_opened)
        self.age = NoticeLine()
        self._history = PictureGrid(6, "Earlier results of this unit")
        self._history.picked.connect(self.history_opened)
        self._header = self._explained("Images", "preferred")
        self.curve = CurvePlot("Drawn while a picture is made", "Activation by step")
        self._curve_header = self._explained("Activation by step", "objective")
        self._history_header = self._explained("Earlier results", "history")
        self._folded = Collapsible(
            "Parameters", self.parameters, "Everything the recipe can be changed in"
        )
        self._folded.toggled.connect(lambda is_open: self.parameters.fill() if is_open else None)
        self._wanted: QWidget | None = None  # what is scrolled to
        self._scroll = QTimer(self)
        self._scroll.setSingleShot(True)
        self._scroll.timeout.connect(self._scroll_now)
        self.search = SearchPanel()
        self._searching = Collapsible(
            "Search", self.search, "Try random variations of the recipe", explains=True
        )
        self._searching.explanation_requested.connect(
            lambda: self.explanation_requested.emit("search")
        )
        self._by_itself = QCheckBox("Begin as soon as a unit is picked")
        self._by_itself.setToolTip(
            "Make a picked unit’s pictures unasked while this page is open; else wait for “Make”"
        )
        self._by_itself.toggled.connect(self.by_itself_toggled)
        self._arrange()

    def set_detail(self, text: str) -> None:
        self._header.set_detail(text)

    def set_colours(self, colours: Colours) -> None:
        self._colours.set_current(colours.value)

    def set_cells(self, cells: Sequence[Cell]) -> None:
        """Show a picture for each seed."""
        self.seeds.set_cells(cells)

    def set_curves(self, curves: Sequence[Sequence[float]], steps: int, marked: int | None) -> None:
        self.curve.set_curves(curves, steps, marked)

    def set_curve_end(self, text: str, end: tuple[int, float] | None) -> None:
        """Say of which picture the marked curve is; `end`: its step, and what it reaches."""
        self._curve_header.set_detail(text)
        self.curve.set_end(end)

    def set_result(self, first: Result | None, second: Result | None, *, comparing: bool) -> None:
        """Show one or two results large in place of the seeds; None: the seeds."""
        self.result.set_results(first, second, comparing=comparing)
        self.result.setVisible(first is not None)
        self.seeds.setVisible(first is None or (comparing and second is None))

    def set_history(self, cells: Sequence[Cell], marked: int | None) -> None:
        self._history.set_cells(cells)
        self._history.set_marked(marked)
        self._history.setVisible(bool(cells))
        self._history_header.set_detail(f"{len(cells)}" if cells else "none yet")

    def set_changes(self, count: int) -> None:
        """Tell how many parameters differ from the recipe as it was chosen."""
        self._folded.set_detail(f"{count} changed" if count else "")

    def set_searched(self, text: str) -> None:
        """Tell how far the search for another recipe is."""
        self._searching.set_detail(text)

    def set_by_itself(self, on: bool) -> None:
        self._by_itself.blockSignals(True)
        self._by_itself.setChecked(on)
        self._by_itself.blockSignals(False)

    def open_parameters(self) -> None:
        self.parameters.fill()
        self._folded.set_open(True)

    def open_search(self) -> None:
        self._searching.set_open(True)

    def scroll_to(self, widget: QWidget) -> None:
        """Bring a part of the page to the top, once it has its place."""
        self._wanted = widget
        self._scroll.start()

    def _scroll_now(self) -> None:
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        bar = area.verticalScrollBar() if isinstance(area, QScrollArea) else None
        if bar is not None and self._wanted is not None:
            bar.setValue(self._wanted.mapTo(self, QPoint(0, 0)).y() - 8)

    def _explained(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _arrange(self) -> None:
        self._colours = Segmented(COLOURS, Colours.AUTO.value)
        self._colours.setAccessibleName("Colours of the pictures")
        self._colours.picked.connect(lambda key: self.colours_picked.emit(Colours(key)))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._header, 1)
        head.addWidget(self._colours)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.recipe)
        column.addSpacing(4)
        column.addLayout(head)
        for widget in (self.result, self.seeds, self.age, self.run):
            column.addWidget(widget)
        column.addWidget(self._by_itself)
        column.addSpacing(8)
        column.addWidget(self.accentuation)
        column.addSpacing(8)
        column.addWidget(self._curve_header)
        column.addWidget(self.curve)
        column.addSpacing(8)
        column.addWidget(self._folded)
        column.addSpacing(8)
        column.addWidget(self._searching)
        column.addSpacing(8)
        column.addWidget(self._history_header)
        column.addWidget(self._history)
        column.addStretch(1)
