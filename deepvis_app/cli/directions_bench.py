"""Whether features that are known are found again by what makes directions."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from deepvis_app.corpus.dictionaries import DictionarySettings, Made
from deepvis_app.corpus.dictionaries.making import directions_steps
from deepvis_app.corpus.dictionaries.planted import Planted, best_cosines, planted_codes
from deepvis_app.pieces import finished


@dataclass(frozen=True, slots=True)
class FoundAgain:
    """Mean best cosines to the features that were mixed, 1 is all; of other ways beside `ours`.

    `read` is the mean correlation of the read-outs with the features' true amounts; `active` how
    many are on a place, `missed` the share of variance that they miss, `units_missed` that of as
    many channels.
    """

    seed: int
    ours: float  # the sparse dictionary
    bare: float  # principal components
    ratio: float
    channels: float  # single ones
    chance: float  # as many random directions
    wanted: str
    read: float
    active: float
    missed: float
    units_missed: float
    seconds: float
    unit: str = "cosine"


def measure_directions(seed: int, noise: float = 0.0) -> FoundAgain:
    """Mix 96 features into 64 channels, at random, and look for them."""
    planted = planted_codes(seed, noise=noise)
    count, width = planted.features.shape
    started = time.perf_counter()
    sparse = _made(planted, DictionarySettings(count=count))
    seconds = time.perf_counter() - started
    components = _made(planted, DictionarySettings(method="pca", count=width))
    ours, bare = (_cosines(planted, _atoms(made)) for made in (sparse, components))
    chance = np.random.default_rng(seed + 1).normal(size=(count, width))
    figures = sparse.figures
    return FoundAgain(
        seed, ours, bare, ours / bare, _cosines(planted, np.eye(width)),
        _cosines(planted, chance), ">= 0.9", _read(planted, sparse), figures.active,
        figures.missed, figures.units_missed, seconds,
    )  # fmt: skip


def _made(planted: Planted, settings: DictionarySettings) -> Made:
    made: Made = finished(directions_steps(planted.codes, settings))
    return made


def _atoms(made: Made) -> np.ndarray:
    decoder = made.directions.decoder
    return np.asarray(made.directions.weight if decoder is None else decoder, np.float64)


def _cosines(planted: Planted, rows: np.ndarray) -> float:
    return float(best_cosines(rows, planted.features).mean())


def _read(planted: Planted, made: Made) -> float:
    """Return how well each feature's amount is told by the direction that is nearest to it."""
    nearest = (planted.features @ _atoms(made).T).argmax(1)
    is_new = planted.codes.is_held_out
    given = made.directions.on_codes(torch.from_numpy(planted.codes.held_out)).numpy()
    pairs = zip(given[:, nearest].T, planted.amounts[is_new].T, strict=True)
    return float(np.mean([np.corrcoef(one, other)[0, 1] for one, other in pairs]))
