"""The question of a backward pass and its answer, which readers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis_app.explain import Method, Seed, SeedKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.layers import Unit

WHOLE_MAP = Seed(SeedKind.MAP)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a unit fires: one backward pass a frame."""

    unit: Unit
    method: Method = Method.GRADIENT
    seed: Seed = WHOLE_MAP


@dataclass(frozen=True, slots=True, eq=False)
class ExplanationReading:
    """Why a unit fires on this frame.

    `map` is float32 (3, H, W) in RGB at the input's size, (1, H, W) for Grad-CAM, read-only; None
    where `problem` says why there is none. `empty` says why an all-zero map is empty. `unit_map`
    (h, w) is the unit's own map, whether or not it is the picked unit.
    """

    why: Why
    map: NDArray[np.float32] | None = None
    score: float = 0.0
    empty: str = ""
    problem: str = ""
    unit_map: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """What a backward pass gave: the explanation, and gradients (C, h, w) by layer."""

    reading: ExplanationReading
    gradients: Mapping[str, Tensor] = field(default_factory=dict)
