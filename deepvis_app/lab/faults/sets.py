"""Small sets of examples that every machine has: what networks of the table learn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn import datasets

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Inputs (N, …) and class numbers (N,), split by a fixed order."""

    x: Tensor
    y: Tensor
    val_x: Tensor
    val_y: Tensor
    classes: int

    @property
    def shares(self) -> tuple[float, ...]:
        """Return the shares of the training set's classes."""
        counts = torch.bincount(self.y, minlength=self.classes).double()
        return tuple((counts / counts.sum()).tolist())


VALIDATED = 0.25  # share of a set that is not learned from
ORDER = 1  # seed of the split and of generated sets: the same for all runs


@lru_cache(maxsize=16)
def examples(name: str) -> Examples:
    """Return a set: digits, digits-flat, wine, cancer, circle, spiral or text.

    Measured values are standardised by the training part, pictures by their one mean and deviation;
    `wine-raw` and `cancer-raw` are as they were measured.
    """
    x, y = _MAKERS[name.removesuffix("-raw")]()
    rng = np.random.default_rng(ORDER)
    order = rng.permutation(len(x))
    held = int(len(x) * VALIDATED)
    train, held_out = order[held:], order[:held]
    if x.dtype != np.int64 and not name.endswith("-raw"):
        axes = 0 if x.ndim == 2 and name != "digits-flat" else None
        mean, deviation = x[train].mean(axes), x[train].std(axes)
        x = (x - mean) / deviation
    tensor = torch.from_numpy(x if x.dtype == np.int64 else x.astype(np.float32))
    labels = torch.from_numpy(y.astype(np.int64))
    return Examples(
        tensor[train], labels[train], tensor[held_out], labels[held_out], int(y.max()) + 1
    )


def _digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = datasets.load_digits(return_X_y=True)
    return x.reshape(-1, 1, 8, 8), y


def _circle() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(ORDER)
    x = rng.uniform(-1, 1, (800, 2))
    return x, (np.hypot(*x.T) < 0.75).astype(np.int64)


def _spiral() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(ORDER)
    y = np.arange(900) % 3
    radius = rng.uniform(0.1, 1, 900)
    angle = 4.5 * radius + y * 2 * np.pi / 3 + rng.normal(0, 0.15, 900)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1), y


def _text() -> tuple[np.ndarray, np.ndarray]:
    """Return lines of 16 letters (of 8) by four writers, each with likings of its own."""
    rng = np.random.default_rng(ORDER)
    likings = rng.dirichlet(np.full(8, 0.35), (4, 8))
    y = np.arange(1000) % 4
    x = np.zeros((1000, 16), np.int64)
    x[:, 0] = rng.integers(0, 8, 1000)
    for place in range(1, 16):
        chances = likings[y, x[:, place - 1]].cumsum(1)
        x[:, place] = (rng.random((1000, 1)) > chances).sum(1).clip(0, 7)
    return x, y


_MAKERS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "digits": _digits,
    "digits-flat": partial(datasets.load_digits, return_X_y=True),
    "wine": partial(datasets.load_wine, return_X_y=True),
    "cancer": partial(datasets.load_breast_cancer, return_X_y=True),
    "circle": _circle,
    "spiral": _spiral,
    "text": _text,
}
