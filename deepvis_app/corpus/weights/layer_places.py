"""Which elements of a layer's value are which unit's, and at which place of its map."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from deepvis_app.corpus.weights.following import Index
    from deepvis_app.nets import LayerInfo, Network


class LayerPlaces:
    """Elements are numbers in the flat value (1, ...) of a layer; places are row by row."""

    def __init__(self, network: Network, info: LayerInfo, shape: torch.Size) -> None:
        self.info = info
        self.places = prod(info.map_size)
        self._table: Index | None = None
        self._units: Index | None = None  # by element: unit * places + place, -1 for none
        in_order = tuple(shape[:2]) == (1, info.unit_count)
        if in_order and prod(shape) == prod(info.shape) and (len(shape) == 3 or self._fits(shape)):
            return
        numbers = torch.arange(prod(shape), dtype=torch.float64).reshape(shape)
        maps = network.maps(info.name, numbers)
        self._table = maps[0].reshape(info.unit_count, -1).long().numpy()
        self._units = np.full(prod(shape), -1)
        self._units[self._table] = np.arange(self._table.size).reshape(self._table.shape)

    def _fits(self, shape: torch.Size) -> bool:
        return tuple(shape[2:]) in (self.info.map_size, ())

    def elements(self, units: Index) -> Index:
        """Return the elements (units, places) of units."""
        if self._table is not None:
            return self._table[units]
        return units[:, None] * self.places + np.arange(self.places)

    def units(self, elements: Index) -> tuple[Index, Index]:
        """Return the unit and the place of each element, -1 for those that are no unit's."""
        found = elements if self._units is None else self._units[elements]
        here = found >= 0
        return np.where(here, found // self.places, -1), np.where(here, found % self.places, -1)
