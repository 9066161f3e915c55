"""The corpora there are and what the second one says of the picked unit, to the view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.beside import unit_change
from deepvis_app.corpus.corpus import Corpus
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.decode import read_picture
from deepvis_app.frames.source import PictureError
from deepvis_app.known.patches import name_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.beside import UnitChange
    from deepvis_app.corpus.corpus import Patch
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.compare.view import CompareView

THUMB_PX = 40
NO_CORPUS = "No photographs were scanned for this network: scan a folder first"
ITSELF = "It is the corpus that is looked at: nothing can differ"
NO_OTHER = "There is no other corpus with these layers: scan another folder, or with other weights"


@dataclass(frozen=True, slots=True)
class Offered:
    """A corpus that one can compare with."""

    path: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A comparison, with its lost and new pictures as small ones; None: the file is gone."""

    change: UnitChange
    lost: tuple[tuple[str, NDArray[np.uint8] | None], ...]
    new: tuple[tuple[str, NDArray[np.uint8] | None], ...]


class ComparePresenter:
    """Asks while the popup is open. Knows no Qt."""

    def __init__(self, view: CompareView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._corpora, self._options = desk.kept.corpora, desk.options.pictures
        self._asked: Answer[Shown | None] | None = None
        self._of: object = None  # unit, corpora and version that were asked of
        self.shown: Shown | None = None
        view.opened.connect(self.open)
        view.chosen.connect(self._choose)

    def open(self) -> None:
        self._of = None
        self._show_offered()

    def offered(self) -> tuple[Offered, ...]:
        """Return the corpora with a layer in common with the one that is looked at.

        That one itself only where it is compared with: it was chosen on either side in turn.
        """
        present = self._corpora.present
        if present is None:
            return ()
        layers = set(present.layers)
        return tuple(
            Offered(str(one.path), one.name, _detail(one, present))
            for one in self._corpora.infos
            if not one.problem
            and layers & set(one.layers)
            and (one.path != present.path or str(one.path) == self._options.beside)
        )

    def _choose(self, path: str) -> None:
        self._options.beside = path
        self._desk.sight.move()
        self.open()

    def _show_offered(self) -> None:
        offered = self.offered()
        why = ""
        if not offered:
            why = NO_CORPUS if self._corpora.present is None else NO_OTHER
        self._view.set_offered(offered, self._options.beside, why)

    def tick(self) -> None:
        """Take the answer that is there; ask where another unit or corpus is looked at."""
        if not self._view.is_open():
            return
        if self._asked is not None and self._asked.is_there:
            self._show(self._asked.take())
            self._asked = None
        unit, beside = self._desk.selection.as_unit(), self._options.beside
        now = unit, beside, self._corpora.version
        if self._asked is not None or now == self._of:
            return
        self._of = now
        self._show_offered()
        if unit is None or not beside:
            self._view.set_change(None, "")
            return
        self._asked = self._corpora.ask(partial(_compare, unit, Path(beside)))

    def _show(self, shown: Shown | None) -> None:
        self.shown = shown
        fault = self._corpora.fault
        if shown is None:
            self._view.set_change(None, "" if fault is None else str(fault))
            return
        change = shown.change
        words = f"Unit {change.unit.index}: {change.kept} of the best are in both"
        present = self._corpora.present
        if present is not None and str(present.path) == self._options.beside:
            words = ITSELF
        self._view.set_change(shown, words)


def _detail(one: CorpusInfo, present: CorpusInfo) -> str:
    parts = [f"{one.scanned} photographs"]
    if one.path == present.path:
        parts.append("the one that is looked at")
    if one.fingerprint != present.fingerprint:
        parts.append(f"by {one.network or 'another network'}, other weights")
    return " · ".join(parts)


def _compare(unit: Unit, beside: Path, corpus: Corpus) -> Shown:
    change = unit_change(corpus, Corpus(beside), unit)
    return Shown(change, _small(change.lost), _small(change.new))


def _small(patches: tuple[Patch, ...]) -> tuple[tuple[str, NDArray[np.uint8] | None], ...]:
    return tuple((name_of(patch), _thumb(patch)) for patch in patches)


def _thumb(patch: Patch) -> NDArray[np.uint8] | None:
    """Return a square from the middle of a photograph; None where it is another file now."""
    if patch.has_changed:
        return None
    try:
        image = read_picture(patch.path, longest_px=4 * THUMB_PX).image
    except (PictureError, OSError):
        return None
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = np.ascontiguousarray(image[top : top + side, left : left + side])
    size = (THUMB_PX, THUMB_PX)
    return np.asarray(cv2.resize(square, size, interpolation=cv2.INTER_AREA), np.uint8)
