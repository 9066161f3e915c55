"""Two curves over the share of the picture: what is taken away, and what is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.plots.drawing import Curve, Drawing, Note, floats
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

DELETION, INSERTION = "pinned", "accent"  # colours
LEGEND = (Note("taken away", DELETION), Note("put back", INSERTION))
TINT = 0.14


class TruthPlot(Plot):
    """Deletion in the second colour, insertion in the accent; the area under each is tinted."""

    def __init__(self, empty_text: str) -> None:
        super().__init__(
            "Deletion and insertion curves",
            Frame(gutter=40, above=8, beside=8, below=8, caption=20),
            height=152,
            empty=("", empty_text),
        )
        self._curves: tuple[Floats, ...] = ()

    def set_curves(self, deletion: Floats | None, insertion: Floats | None) -> None:
        """Show scores at evenly spaced shares 0..1 of the pixels, NaN where not known yet."""
        is_known = deletion is not None and insertion is not None
        self._curves = (deletion, insertion) if is_known else ()  # type: ignore[assignment]
        self.redraw_soon()

    def curves(self) -> tuple[Floats, ...]:
        return self._curves

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest value shown; zero is always in it."""
        values = np.concatenate([np.zeros(1), *map(floats, self._curves)])
        values = values[np.isfinite(values)]
        low, high = float(values.min()), float(values.max())
        return (low, high) if high > low else (low, low + 1.0)

    def drawing(self) -> Drawing | None:
        if not self._curves:
            return None
        named = zip(LEGEND, self._curves, strict=True)
        return Drawing(
            x=(0.0, 1.0),
            y=self.span(),
            x_word=lambda share: f"{share:.0%}".replace("%", " %"),
            x_name="share",
            y_word=figure,
            curves=tuple(
                Curve(
                    note.text,
                    np.linspace(0.0, 1.0, len(values)),
                    floats(values),
                    note.shade,
                    tint=TINT,
                    joins=True,
                )
                for note, values in named
            ),
            legend=LEGEND,
        )
