"""Preferred images of all units of a layer: looked up little by little, kept at tile size."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs.kinds.synthesis import SynthesisStatus
from deepvis_app.nets import Unit
from deepvis_app.synth import Sample, legible
from deepvis_app.tiles import fit_picture, picture_mosaic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer, KeptPictures
    from deepvis_app.synth import Recipe
    from deepvis_app.tiles import PictureMosaic

KEPT_PX = 128  # side at which pictures are kept while tiles are no larger
MOST_LARGE = 96  # pictures kept at their full size
MOST_ASKED = 12  # at a time, so that what comes into view has not long to wait


class LayerPictures:
    """Of one layer under one recipe. `version` grows with every new picture."""

    def __init__(
        self,
        gallery: KeptPictures,
        fingerprint: str,
        layer: str,
        units: int,
        recipe: Recipe,
        mean: tuple[int, int, int],
    ) -> None:
        self.layer = layer
        self.units = units
        self.recipe = recipe
        self.version = 0
        self._mean = mean  # colour about which faint pictures are stretched
        self._gallery = gallery
        self._fingerprint = fingerprint
        self._side = KEPT_PX  # of what is kept; 0: full size
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._growing: dict[int, NDArray[np.uint8]] = {}
        self._stored: set[int] = set()
        self._unseen: dict[int, None] = dict.fromkeys(range(units))  # an ordered set
        self._asked: dict[int, Answer[NDArray[np.uint8] | None]] = {}
        self._outdated: set[int] = set()  # asked for before they were made
        self._fitted: dict[int, tuple[object, tuple[int, int], NDArray[np.uint8]]] = {}

    @property
    def is_looked_up(self) -> bool:
        return not self._unseen

    @property
    def made(self) -> int:
        """How many are stored, as far as it was looked."""
        return len(self._stored)

    def missing(self) -> tuple[Sample, ...]:
        """Return what is not stored; complete once all is looked up."""
        return tuple(
            self._sample(unit)
            for unit in range(self.units)
            if unit not in self._stored and unit not in self._unseen
        )

    def look_up(self, first: Sequence[int], tile_px: tuple[int, int], budget_s: float) -> None:
        """Ask for stored pictures, those of the units `first` in view before the others.

        And take what the store has answered.
        """
        self._suit(tile_px, first)
        until = time.perf_counter() + budget_s
        for unit in tuple(self._asked):
            self._take_answer(unit)
        for unit in [u for u in first if u in self._unseen] + list(self._unseen):
            is_enough = len(self._asked) >= MOST_ASKED or time.perf_counter() >= until
            if is_enough or (self._side == 0 and unit not in first):
                break
            if unit in self._unseen and unit not in self._asked:
                self._asked[unit] = self._find(unit)
                self._take_answer(unit)

    def take(self, statuses: Iterable[JobStatus]) -> None:
        """Take what jobs make of these pictures: growing ones, and what is finished."""
        key = self.recipe.key
        growing: dict[int, NDArray[np.uint8]] = {}
        for status in statuses:
            if not isinstance(status, SynthesisStatus) or status.recipe.key != key:
                continue
            for sample, picture in status.previews.items():
                if (unit := self._unit_of(sample)) is not None and unit not in self._stored:
                    growing[unit] = picture
            for sample in status.results:
                unit = self._unit_of(sample)
                if unit is not None and unit not in self._stored:
                    self._unseen[unit] = None
                    if unit in self._asked:
                        self._outdated.add(unit)
        if growing.keys() != self._growing.keys() or any(
            growing[unit] is not self._growing[unit] for unit in growing
        ):
            self.version += 1
        self._growing = growing

    def mosaic(self, units: Sequence[int], tile_px: tuple[int, int], columns: int) -> PictureMosaic:
        """Return the pictures of `units` as tiles, growing ones too."""
        pictures = [self._fit(unit, tile_px) for unit in units]
        return picture_mosaic(pictures, tile_px=tile_px, columns=columns)

    def _fit(self, unit: int, tile_px: tuple[int, int]) -> NDArray[np.uint8] | None:
        picture = self._kept.get(unit, self._growing.get(unit))
        if picture is None:
            return None
        known = self._fitted.get(unit)
        if known is None or known[0] is not picture or known[1] != tile_px:
            shown = picture if unit in self._kept else legible(picture, self._mean)
            known = (picture, tile_px, fit_picture(shown, tile_px))
            self._fitted[unit] = known
        return known[2]

    def _find(self, unit: int) -> Answer[NDArray[np.uint8] | None]:
        side, mean = self._side, self._mean

        def small(stored: StoredPicture) -> NDArray[np.uint8]:
            picture = legible(stored.image, mean)
            is_larger = side and max(picture.shape[:2]) > side
            return fit_picture(picture, (side, side)) if is_larger else picture

        return self._gallery.find_shown(self._fingerprint, self._sample(unit), self.recipe, small)

    def _take_answer(self, unit: int) -> None:
        if not self._asked[unit].is_there:
            return
        self._unseen.pop(unit, None)
        picture = self._asked.pop(unit).take()
        is_outdated = unit in self._outdated
        self._outdated.discard(unit)
        if picture is not None:
            self._kept[unit] = picture
            self._stored.add(unit)
            self.version += 1
            return
        self._stored.discard(unit)
        if is_outdated:
            self._unseen[unit] = None

    def _suit(self, tile_px: tuple[int, int], in_view: Sequence[int]) -> None:
        """Keep pictures as large as the tiles need: full ones only of the units in view."""
        side = 0 if max(tile_px) > KEPT_PX else KEPT_PX
        if side != self._side:
            self._side = side
            self._unseen = dict.fromkeys(sorted(self._kept.keys() | self._unseen.keys()))
            self._asked.clear()
        if side == 0 and len(self._kept) > MOST_LARGE:
            for unit in self._kept.keys() - set(in_view):
                self._shrink(unit)
            self._fitted.clear()

    def _shrink(self, unit: int) -> None:
        if max(self._kept[unit].shape[:2]) > KEPT_PX:
            self._kept[unit] = fit_picture(self._kept[unit], (KEPT_PX, KEPT_PX))
            self._unseen[unit] = None

    def _sample(self, unit: int) -> Sample:
        return Sample(Unit(self.layer, unit))

    def _unit_of(self, sample: Sample) -> int | None:
        unit = sample.objective
        if sample.seed or not isinstance(unit, Unit) or unit.layer != self.layer or unit.position:
            return None
        return unit.index
