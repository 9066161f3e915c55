"""Points in the plane in two classes: the four clouds of TensorFlow's Playground.

Formulas as in its `src/dataset.ts`; what noise does differs from cloud to cloud, as there: it
blurs the border of circle and exclusive-or, widens the Gaussians and shakes the spiral's points.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.trainer.data.dataset import Raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Points = tuple[NDArray[np.float64], NDArray[np.int64]]

COUNT = 500
RADIUS = 5.0
EXTENT = 6.0  # the plane is shown from −6 to 6 both ways
LABELS = ("orange", "blue")
_GAP = 0.3  # between the quarters of exclusive-or and their borders


def cloud(name: str, noise: float, seed: int) -> Raw:
    """Return 500 points, half of them of each class; of circle and exclusive-or about half.

    `noise` 0..1 is the Playground's slider, whose end is 0.5.
    """
    points, classes = _MAKERS[name](noise, np.random.default_rng([seed, 7]))
    return Raw(points.astype(np.float32), classes, LABELS, val_size=COUNT // 2)


def _circle(noise: float, chance: np.random.Generator) -> Points:
    half = COUNT // 2
    radius = np.concatenate([
        chance.uniform(0, 0.5 * RADIUS, half), chance.uniform(0.7 * RADIUS, RADIUS, half)
    ])  # fmt: skip
    angle = chance.uniform(0, 2 * math.pi, COUNT)
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1)
    shaken = points + noise * chance.uniform(-RADIUS, RADIUS, (COUNT, 2))
    return points, (np.hypot(*shaken.T) < 0.5 * RADIUS).astype(np.int64)


def _exclusive_or(noise: float, chance: np.random.Generator) -> Points:
    points = chance.uniform(-RADIUS, RADIUS, (COUNT, 2))
    points += np.where(points > 0, _GAP, -_GAP)
    shaken = points + noise * chance.uniform(-RADIUS, RADIUS, (COUNT, 2))
    return points, (shaken.prod(1) >= 0).astype(np.int64)


def _gaussians(noise: float, chance: np.random.Generator) -> Points:
    variance = 0.5 + 7 * noise  # the slider's 0 … 0.5 is a variance of 0.5 … 4
    classes = np.repeat([1, 0], COUNT // 2)
    centres = np.where(classes[:, None] == 1, 2.0, -2.0)
    return centres + math.sqrt(variance) * chance.standard_normal((COUNT, 2)), classes


def _spiral(noise: float, chance: np.random.Generator) -> Points:
    half = COUNT // 2
    along = np.tile(np.arange(half) / half, 2)
    classes = np.repeat([1, 0], half)
    angle = 1.75 * along * 2 * math.pi + np.where(classes == 1, 0, math.pi)
    arms = RADIUS * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    return arms + noise * chance.uniform(-1, 1, (COUNT, 2)), classes


_MAKERS: dict[str, Callable[[float, np.random.Generator], Points]] = {
    "circle": _circle,
    "exclusive-or": _exclusive_or,
    "gaussians": _gaussians,
    "spiral": _spiral,
}
