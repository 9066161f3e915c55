"""How a map's values are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles.marks import array_marks, counts
from deepvis_app.ui.kit.plots.drawing import Bars, Drawing, Note
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from PyQt6.QtWidgets import QMenu, QWidget

BINS = 48


class HistogramPlot(Plot):
    """Counts of values between the lowest and the highest, zero marked; a click: log or linear."""

    def __init__(
        self,
        name: str = "Histogram of the unit's map",
        height: int = 84,
        shade: str = "accent",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            name,
            Frame(gutter=4, above=4, beside=4, below=0, margin=0),
            height,
            empty=("No unit picked", ""),
            parent=parent,
        )
        self._values: NDArray[np.float32] | None = None  # not counted yet
        self._counts: NDArray[np.int64] | None = None
        self._range = (0.0, 1.0)
        self._zeros = 0.0  # share of values that are exactly zero
        self._others: dict[str, int] = {}  # how many are NaN and so on
        self._total = 0
        self._is_log = True
        self._mark: float | None = None
        self._shade = shade
        self.setToolTip("Click to switch between logarithmic and linear counts")

    def set_values(self, values: ArrayLike | None, mark: float | None = None) -> None:
        """Show how the finite values of a map are spread, and say what the others are.

        Without any values: the empty text. `mark` is a value that is pointed out.
        """
        self._mark = mark
        self._values = np.asarray([] if values is None else values, np.float32).ravel()
        self.redraw_soon()

    def _count(self) -> None:
        """Count the newest values, only once they are drawn or asked for."""
        whole, self._values = self._values, None
        if whole is None:
            return
        marks = array_marks(whole)
        self._others = {} if marks is None else counts(marks)
        self._total = whole.size
        flat = whole if marks is None else whole[marks == 0]
        if flat.size == 0:
            self._counts = None
        else:
            low, high = float(flat.min()), float(flat.max())
            self._range = (low, high) if high > low else (low - 0.5, low + 0.5)
            self._counts = np.histogram(flat, BINS, self._range)[0]
            self._zeros = float(np.sum(flat == 0)) / whole.size

    def set_log(self, is_log: bool) -> None:
        """Draw log(1 + count): the few high values are seen beside the many zeros."""
        self._is_log = is_log
        self.redraw()

    def others(self) -> str:
        """Return what is not among the bars, in words; "": all values are."""
        self._count()
        if not self._others:
            return ""
        words = ", ".join(f"{count} {word}" for word, count in self._others.items())
        return f"{words} of {self._total}"

    def bars(self) -> NDArray[np.float64]:
        """Return the heights of the bars, 0..1."""
        self._count()
        if self._counts is None:
            return np.zeros(BINS)
        heights: NDArray[np.float64] = self._counts.astype(np.float64)
        if self._is_log:
            heights = np.log1p(heights)
        return heights / float(heights.max())

    def notice(self) -> tuple[str, str]:
        others = self.others()
        return (f"No numbers: {others}", "") if others else super().notice()

    def drawing(self) -> Drawing | None:
        self._count()
        if self._counts is None:
            return None
        kind = "log counts" if self._is_log else "counts"
        note = f"{self._zeros:.0%} zero · {kind}".replace("%", " %") if self._zeros else kind
        low, high = self._range
        return Drawing(
            x=self._range,
            y=(0.0, 1.0),
            x_word=figure,
            x_name="value",
            bars=Bars(np.linspace(low, high, BINS + 1), self._counts, self.bars(), self._shade),
            notes=(Note(note), Note(self.others(), "bad")),
            rule=0.0,
            mark=self._mark,
        )

    def menu(self) -> QMenu:
        menu = super().menu()
        logarithmic = menu.addAction("Logarithmic counts", self.clicked)
        if logarithmic is not None:
            logarithmic.setCheckable(True)
            logarithmic.setChecked(self._is_log)
        return menu

    def clicked(self) -> None:
        self.set_log(not self._is_log)
