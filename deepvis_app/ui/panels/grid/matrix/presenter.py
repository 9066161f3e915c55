"""Correlations of the corpus to the view; what is pointed at and clicked to the state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.kinship import kinship
from deepvis_app.state.selection import Focus
from deepvis_app.tiles import palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.corpus.kinship import Kinship, Pair
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.matrix.view import MatrixView

ZERO, STEPS = 127, 127  # shade of r = 0, and how many there are on either side
STILL = (88, 88, 88)  # colour of units that never change
NO_CORPUS = ("No photographs were scanned for this network", "Scan a folder first")


class MatrixPresenter:
    """Asks once for each opening. Knows no Qt."""

    def __init__(self, view: MatrixView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._asked: Answer[Kinship | None] | None = None
        self.shown: Kinship | None = None
        view.opened.connect(self.open)
        view.pointed.connect(self._point)
        view.place_picked.connect(self._pick_place)
        view.pair_picked.connect(self._pick_listed)

    def open(self) -> None:
        """Ask for the layer that is shown, or for both against each other."""
        self.shown = self._asked = None
        selection, corpora = self._desk.selection, self._desk.kept.corpora
        panes = selection.panes if len(selection.panes) == 2 else (selection.layer,)
        layers = (panes[0], panes[-1])
        self._view.set_title(" and ".join(dict.fromkeys(layers)))
        present = corpora.present
        if present is None:
            self._view.set_nothing(*NO_CORPUS)
        elif missing := [name for name in layers if name not in present.layers]:
            self._view.set_nothing(f"{missing[0]} was not scanned", "Scan it, or choose another")
        else:
            self._view.set_nothing("Looking…", "")
            self._asked = corpora.ask(partial(_kinship, layers))

    def tick(self) -> None:
        """Take the answer that is there."""
        if self._asked is None or not self._asked.is_there:
            return
        found, self._asked = self._asked.take(), None
        if found is None:
            fault = self._desk.kept.corpora.fault
            words = ("", "") if fault is None else (fault.cause, fault.remedy)
            self._view.set_nothing(*words)
            return
        self.shown = found
        shades = together_shades(self._desk.options.view.diverging_palette)
        self._view.set_matrix(picture_of(found.r, shades), shades)
        self._view.set_pairs(found.pairs, _words(found))

    def _point(self, row: int, column: int) -> None:
        """Name the pair under the pointer."""
        pair = self._pair(row, column)
        self._view.set_pointed("" if pair is None else pair_text(pair))

    def _pair(self, row: int, column: int) -> Pair | None:
        shown = self.shown
        if shown is None or not (0 <= row < len(shown.rows) and 0 <= column < len(shown.columns)):
            return None
        return shown.at(row, column)

    def _pick_place(self, row: int, column: int) -> None:
        if (pair := self._pair(row, column)) is not None:
            self._pick(pair)

    def _pick_listed(self, place: int) -> None:
        if self.shown is not None and place < len(self.shown.pairs):
            self._pick(self.shown.pairs[place])

    def _pick(self, pair: Pair) -> None:
        """Pick both where each has a pane; else the first, and say which the other is."""
        selection = self._desk.selection
        selection.focus = Focus.GRID
        if pair.one.layer != pair.other.layer:
            selection.remembered[pair.other.layer] = pair.other.index
        selection.pick_unit(pair.one.index, pair.one.layer)
        self._desk.sight.reveal()
        self._view.set_picked(f"Picked {pair.one.index}; {pair_text(pair)}")


def together_shades(name: str) -> NDArray[np.uint8]:
    """Return a diverging palette (256, 3) in which more is blue, as for signed weights."""
    found = palette(name).copy()
    found[: ZERO + STEPS + 1] = found[: ZERO + STEPS + 1][::-1]
    return found


def picture_of(r: NDArray[np.float32], shades: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return correlations (R, C) in diverging colours (R, C, 3); grey where there is none."""
    steps = np.rint(np.nan_to_num(r) * STEPS).astype(np.int64) + ZERO
    found: NDArray[np.uint8] = shades[np.clip(steps, 0, ZERO + STEPS)].copy()
    found[~np.isfinite(r)] = STILL
    return found


def pair_text(pair: Pair) -> str:
    """Return "12 and 45: r 0.83"."""
    of_two = pair.one.layer != pair.other.layer
    first = f"{pair.one.layer} {pair.one.index}" if of_two else str(pair.one.index)
    second = f"{pair.other.layer} {pair.other.index}" if of_two else str(pair.other.index)
    if not np.isfinite(pair.r):
        return f"{first} and {second}: one of them never changes"
    return f"{first} and {second}: r {pair.r:.2f}".replace("-", "−")


def _words(found: Kinship) -> str:
    if found.row_layer != found.column_layer:
        return f"{found.row_layer} down, {found.column_layer} across"
    duplicates = sum(pair.is_duplicate for pair in found.pairs)
    still = int((~np.isfinite(found.r)).all(1).sum())
    parts = [f"{duplicates or 'No'} duplicate{'' if duplicates == 1 else 's'}"]
    parts.append("r above 0.95, and each answers to the other’s best photographs")
    if still:
        parts.append(f"{still} never change")
    return " · ".join(parts)


def _kinship(layers: tuple[str, str], corpus: Corpus) -> Kinship:
    return kinship(corpus, *layers)
