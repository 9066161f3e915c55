"""What the picked unit does now: its map, where it looks, its trace and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deepvis_app.state.appearance import Overlay
from deepvis_app.ui.kit.flow import FlowLayout
from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.plots.histogram_plot import HistogramPlot
from deepvis_app.ui.kit.plots.trace_plot import TracePlot
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.now.beside_view import BesideView
from deepvis_app.ui.panels.now.over_map_view import OverMapView

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OVERLAYS = (
    Segment(Overlay.OFF.value, "Off", "The picture alone"),
    Segment(Overlay.ACTIVE.value, "Active", "The picture only where the unit is active"),
    Segment(Overlay.HEAT.value, "Heat", "The unit's map in colour over the picture"),
)


class NowView(QWidget):
    """The inspector's first page. Everything shown comes in by setters."""

    overlay_picked = pyqtSignal(object)  # Overlay
    opacity_changed = pyqtSignal(float)
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.overlay = PictureView("", ground="pane")
        self.map = PictureView("", smooth=False, ground="pane")
        self.trace = TracePlot()
        self.histogram = HistogramPlot()
        self._trace_header = self._header("Last 10 s", "trace")
        self._trace_header.set_detail("maximum · mean")
        self._histogram_header = self._header("Values on this frame", "histogram")
        self.beside, self.over_map = BesideView(), OverMapView()
        for each in (self.beside, self.over_map):
            each.explanation_requested.connect(self.explanation_requested)
        self._live = QWidget()
        column = QVBoxLayout(self._live)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._pictures())
        column.addLayout(self._overlay_controls())
        column.addSpacing(8)
        column.addWidget(self._trace_header)
        column.addWidget(self.trace)
        column.addSpacing(8)
        column.addWidget(self._histogram_header)
        column.addWidget(self.histogram)
        column.addWidget(self.over_map)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 16)
        whole.setSpacing(8)
        whole.addWidget(self._live)
        whole.addWidget(self.beside)
        whole.addStretch(1)
        self.show_beside(False)
        self.show_over_map(False)

    def show_over_map(self, over_map: bool) -> None:
        """Show what the unit gave on the map's pictures, or its values on this frame."""
        self.over_map.setVisible(over_map)
        for widget in (self._histogram_header, self.histogram):
            widget.setVisible(not over_map)

    def show_beside(self, beside: bool) -> None:
        """Show the unit on two pictures, or on the frame."""
        self._live.setVisible(not beside)
        self.beside.setVisible(beside)

    def set_overlay(self, overlay: Overlay, opacity: float) -> None:
        self._overlay_choice.set_current(overlay.value)
        self._opacity.set_value(opacity)
        self._opacity.setEnabled(overlay is not Overlay.OFF)

    def set_histogram(
        self, title: str, values: NDArray[np.float32] | None, lacks: str = "No unit picked"
    ) -> None:
        """Show how values are spread; `lacks` is said where there are none."""
        self._histogram_header.set_title(title)
        self.histogram.set_empty_text("", lacks)
        self.histogram.set_values(values)

    def _header(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def set_stale(self, caption: str | None) -> None:
        """Tint the pictures and say why they are not of the present; None: they are."""
        self.overlay.set_stale(caption)
        self.map.set_stale(caption)

    def _pictures(self) -> QVBoxLayout:
        self._map_header = self._header("Map over the input", "map")
        row = QHBoxLayout()
        row.setSpacing(8)
        for view in (self.overlay, self.map):
            view.setMinimumSize(96, 64)
            view.setMaximumHeight(168)
            row.addWidget(view, 1)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self._map_header)
        column.addLayout(row)
        return column

    def _overlay_controls(self) -> FlowLayout:
        self._overlay_choice = Segmented(OVERLAYS, Overlay.HEAT.value)
        self._overlay_choice.picked.connect(lambda key: self.overlay_picked.emit(Overlay(key)))
        self._opacity = LabelledSlider("Opacity", 0.0, 1.0, 0.6)
        self._opacity.setToolTip("How strongly the unit's map covers the picture")
        self._opacity.value_changed.connect(self.opacity_changed)
        row = FlowLayout(spacing=12)
        row.place(self._overlay_choice, self._opacity)
        return row
