"""Fine control of how activations become colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from deepvis_app.tiles import Contrast, Sign
from deepvis_app.ui.kit.labelled_range import LabelledRange
from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.kit.segmented import Segment, Segmented

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNS = (
    Segment(Sign.AUTO.value, "Auto", "Two colours where the layer gives negative values"),
    Segment(Sign.SEQUENTIAL.value, "One colour", "Dark to bright over the whole range"),
    Segment(
        Sign.DIVERGING.value, "Two colours", "Zero fixed in the middle, a colour for each sign"
    ),
)


class ContrastPopup(QWidget):
    """Gamma, boost, range, sign and palettes."""

    changed = pyqtSignal(dict)  # fields of Contrast
    palette_picked = pyqtSignal(str)
    diverging_palette_picked = pyqtSignal(str)

    def __init__(self, palettes: Sequence[str], diverging: Sequence[str]) -> None:
        super().__init__()
        usual = Contrast()
        self._gamma = LabelledSlider("Gamma", 0.2, 2.0, usual.gamma)
        self._gamma.setToolTip("Below 1 lifts the dark parts, above 1 keeps only the brightest")
        self._boost = LabelledSlider("Boost", 0.0, 1.0, usual.boost)
        self._boost.setToolTip("Lifts weak units towards the strong ones; at 1 all are alike")
        self._range = LabelledRange("Range", (usual.low_percentile, usual.percentile))
        self._range.setToolTip(
            "Steady range: the first share of the values is dark, what lies above the second has "
            "full colour. With two colours zero stays in the middle, and only the second counts"
        )
        self._range.range_changed.connect(
            lambda low, high: self.changed.emit({"low_percentile": low, "percentile": high})
        )
        for slider, name in ((self._gamma, "gamma"), (self._boost, "boost")):
            slider.value_changed.connect(lambda value, name=name: self.changed.emit({name: value}))
        self._sign = Segmented(SIGNS, Sign.AUTO.value)
        self._sign.picked.connect(lambda key: self.changed.emit({"sign": Sign(key)}))
        self._palette = Segmented([Segment(n, n, f"Colours of {n}") for n in palettes])
        self._palette.picked.connect(self.palette_picked)
        self._diverging = Segmented([Segment(n, n, f"Colours of {n}") for n in diverging])
        self._diverging.picked.connect(self.diverging_palette_picked)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        for control in (self._gamma, self._boost, self._range):
            column.addWidget(control)
        column.addLayout(self._choices())

    def set_values(self, contrast: Contrast, palette: str, diverging: str) -> None:
        self._gamma.set_value(contrast.gamma)
        self._boost.set_value(contrast.boost)
        self._range.set_range(contrast.low_percentile, contrast.percentile)
        self._sign.set_current(contrast.sign.value)
        self._palette.set_current(palette)
        self._diverging.set_current(diverging)

    def _choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, (text, widget) in enumerate(
            (("Sign", self._sign), ("Colours", self._palette), ("Signed", self._diverging))
        ):
            label = QLabel(text)
            label.setProperty("role", "muted")
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        return grid
