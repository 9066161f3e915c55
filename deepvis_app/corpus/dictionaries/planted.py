"""Codes whose features are known: what must be found again by whatever looks for directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.dictionaries.patches import LayerCodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

EACH = 40  # codes of a picture


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """`amounts` (n, F) of `features` (F, C), each of length 1, make up codes (n, C)."""

    codes: LayerCodes
    features: NDArray[np.float64]
    amounts: NDArray[np.float64]


def planted_codes(
    seed: int = 0,
    count: int = 8000,
    units: int = 64,
    features: int = 96,
    active: float = 5.0,
    noise: float = 0.0,
) -> Planted:
    """Return codes of a layer of `units` that mixes more features than it has units.

    Each feature is a random direction, at a place with the chance `active / features`, in an amount
    drawn from the exponential distribution of mean 1; `noise` is the deviation added to each unit.
    """
    chance = np.random.default_rng(seed)
    rows = chance.normal(size=(features, units))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    is_there = chance.random((count, features)) < active / features
    amounts = is_there * chance.exponential(1.0, (count, features))
    values = amounts @ rows + noise * chance.normal(size=(count, units))
    pictures = np.arange(count, dtype=np.uint64) // np.uint64(EACH)
    codes = LayerCodes("planted", values.astype(np.float32), pictures)
    return Planted(codes, rows, amounts)


def best_cosines(
    found: NDArray[np.floating], features: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return for each feature (F, C) the cosine to the nearest of rows (K, C), whichever way."""
    one, other = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
        for rows in (np.float64(features), np.float64(found))
    )
    nearest: NDArray[np.float64] = np.abs(one @ other.T).max(1)
    return nearest
