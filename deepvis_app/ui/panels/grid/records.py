"""The grids show the scanned picture that excites each unit most, lit by what it gives now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.known.best_crops import LayerCrops, best_of
from deepvis_app.state.appearance import GridShows
from deepvis_app.ui.panels.grid.fillings import Fillings
from deepvis_app.words.figures import figure
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import GridReading
    from deepvis_app.known.best_crops import Best
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.laid import Laid
    from deepvis_app.ui.panels.grid.view import GridView

REDRAW_S = 0.12  # between two mosaics while tiles come
NOTHING = (
    "No pictures scanned for this network",
    "Open the page “Pictures” (Alt+4) and choose a folder",
)


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What a state of a corpus, `key`, has of a layer: crops, or why there are none."""

    key: object
    crops: LayerCrops | None
    fault: tuple[str, str] | None = None


class RecordGridPresenter:
    """Takes the place of the readings' mosaics while the grids show scanned pictures."""

    def __init__(self, view: GridView, desk: Desk) -> None:
        self._engine, self._corpora = desk.engine, desk.kept.corpora
        self._options, self._pictures = desk.options.view, desk.options.pictures
        self._network: Network | None = None
        self.grids: Fillings[Looked] = Fillings(lasts=True)
        self._asked: dict[str, tuple[object, Answer[Best | None]]] = {}
        self._drawn_s = 0.0
        view.lit_picked.connect(
            lambda by_record: setattr(self._pictures, "is_lit_by_record", by_record)
        )
        self._pictures.events.is_lit_by_record.connect(lambda on, *_: view.set_lit(on))
        view.set_lit(self._pictures.is_lit_by_record)

    @property
    def is_on(self) -> bool:
        return self._options.grid_shows is GridShows.PICTURES

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.grids.clear()
        self._asked.clear()

    def reorder(self, layer: str, reading: GridReading) -> None:
        """Take the order of a new reading, and light the tiles by what the units give."""
        layout, crops = self.grids.reorder(layer, reading.order), self._crops(layer)
        if layout is not None and crops is not None:
            by_record = self._pictures.is_lit_by_record
            shares = shares_of(reading.maxima, crops.best.record)
            layout.pane.canvas.set_shares(shares, dims=by_record)

    def keep(self, layers: tuple[str, ...]) -> None:
        """Forget grids that are not shown any more; all of them while something else is shown."""
        for layout in self.grids.keep(layers, is_on=self.is_on):
            layout.pane.canvas.set_shares(None)
        self._asked = {k: v for k, v in self._asked.items() if k in self.grids.plans}

    def _crops(self, layer: str) -> LayerCrops | None:
        looked = self.grids.known.get(layer)
        return None if looked is None else looked.crops

    def empty_words(self, layer: str) -> tuple[str, str] | None:
        """Return why there is nothing to show of a layer, and what to do; None: there is."""
        if not self.is_on or not self._corpora.is_listed:
            return None
        if self._corpora.present is None:
            return NOTHING
        looked = self.grids.known.get(layer)
        return None if looked is None else looked.fault

    def told(self, layer: str, unit: int) -> tuple[tuple[str, str], ...]:
        """Return what is said of a unit's tile: its record, and the picture that has it."""
        crops = self._crops(layer) if self.is_on else None
        source = crops.best.sources[unit] if crops is not None else None
        if crops is None or source is None:
            return ()
        return (
            ("record", figure(float(crops.best.record[unit]))),
            ("", in_plain(source.path.name)),
        )

    def tick(self) -> None:
        """Ask for the best pictures, have some cut, and show what is new."""
        if not self.is_on or self._network is None:
            return
        for layer, layout in self.grids.plans.items():
            self._ask(layer, self._network)
            words = self.empty_words(layer)
            layout.pane.canvas.set_empty_text(*(words or (None, "")))
            if words is not None:
                layout.pane.set_count("")  # of what was shown before
            crops = self._crops(layer)
            if crops is not None:
                self._show(layer, crops, layout)

    def _ask(self, layer: str, network: Network) -> None:
        """Keep the best pictures as new as the corpus is."""
        present = self._corpora.present
        if present is None:
            self.grids.known.pop(layer, None)
            return
        key = (present.path, self._corpora.version)
        asked = self._asked.get(layer)
        looked = self.grids.known.get(layer)
        if asked is None and (looked is None or looked.key != key):
            answer = self._corpora.ask(lambda corpus: best_of(corpus, layer))
            if answer is not None:
                self._asked[layer] = (key, answer)
        elif asked is not None and asked[1].is_there:
            del self._asked[layer]
            self._take(layer, asked[0], asked[1].take(), network)

    def _take(self, layer: str, key: object, best: Best | None, network: Network) -> None:
        crops, fault = self._crops(layer), self._corpora.fault
        if best is None:
            self.grids.shown.pop(layer, None)
            words = None if fault is None else (fault.cause, fault.remedy)
            self.grids.known[layer] = Looked(key, None, words)
            return
        if crops is None:
            crops = LayerCrops(self._engine, network, best)
        else:
            crops.turn_to(best)
        self.grids.known[layer] = Looked(key, crops)

    def _show(self, layer: str, crops: LayerCrops, layout: Laid) -> None:
        pane, plan, units = layout.pane, layout.plan, layout.units
        crops.tick(units, plan.tile_px)
        key = (crops.best, *layout.key)
        shown = self.grids.shown.get(layer)
        is_new = not isinstance(shown, tuple) or shown[0] != key
        now_s = time.monotonic()
        is_more = not is_new and shown[1] != crops.version  # type: ignore[index]
        if is_new or (is_more and now_s - self._drawn_s >= REDRAW_S):
            self._drawn_s = now_s
            self.grids.shown[layer] = (key, crops.version)
            mosaic = crops.mosaic(units, plan.tile_px, plan.columns)
            pane.set_pictures(mosaic, layout.order, layout.seen[0])
            seen_count = pane.canvas.visible_places(0)[1]
            pane.set_count(count_text(crops.best, seen_count, by_record=self._by_record))

    @property
    def _by_record(self) -> bool:
        return self._pictures.is_lit_by_record


def shares_of(maxima: NDArray[np.float32], record: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shares 0..1 of their records that units give now (C,); 0 where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(record > 0, maxima / record, 0)
    found: NDArray[np.float32] = np.nan_to_num(shares, nan=0.0).clip(0.0, 1.0).astype(np.float32)
    return found


def count_text(best: Best, shown: int, *, by_record: bool) -> str:
    """Return what the tiles are, and how many of the layer's units are seen."""
    so_far = " so far" if best.scanned < best.total else ""
    parts = [f"Each unit’s strongest picture of {best.scanned}{so_far}"]
    if by_record:
        parts.append("faint: now far below its record")
    return " · ".join([*parts, f"{shown} of {len(best.sources)} shown"])
