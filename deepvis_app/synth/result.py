"""What a synthesis gives: while it runs, and at its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Unit
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.recipe import Recipe

FAINT_LEVELS = 64  # of 255: stretching makes a fainter picture at least twice as strong


class StopReason(Enum):
    """Why a picture was finished."""

    FINISHED = "finished"
    ZERO_GRADIENT = "zero gradient"
    NOT_FINITE = "not finite"
    NO_GAIN = "no gain"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    StopReason.FINISHED: "All steps were done.",
    StopReason.ZERO_GRADIENT: (
        "The gradient became zero: no small change of the picture reaches this unit. "
        "Try another seed, or a recipe that rescues silent units."
    ),
    StopReason.NOT_FINITE: (
        "The activation or its gradient stopped being a finite number. "
        "Try a smaller rate, and check the network's weights."
    ),
    StopReason.NO_GAIN: "The picture did not become better for as long as the recipe waits.",
}


@dataclass(frozen=True, slots=True, eq=False)
class SynthesisResult:
    """A finished preferred image.

    `image` is the true picture, uint8 (H, W, 3); `x` the same before rounding, float32 (3, H, W),
    0..255 minus the network's mean, RGB (one channel where the network has one). `activation` is
    what the objective reaches on this picture, the best met: the largest, or where the recipe
    minimises the smallest. `trace` has one value a step, of what the network was shown then;
    with shifts and turns it is therefore not that of the picture. `first_top_step` is the first
    step at which the unit was its layer's maximum. `steered`: the recipe changed on the way.
    `siblings` are the seeds of the pictures that it was driven apart from. `computed` names what
    rounding depends on: the same recipe and seed elsewhere may give another, equally good picture.
    `photographs` names those that it was kept near, "" for none.
    """

    image: NDArray[np.uint8]
    x: NDArray[np.float32]
    activation: float
    trace: NDArray[np.float32]
    best_step: int
    stop: StopReason
    first_top_step: int | None
    objective: Unit | Objective
    recipe: Recipe
    seed: int
    steered: bool
    siblings: tuple[int, ...] = ()
    computed: str = ""
    photographs: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SynthesisProgress:
    """Where a batch is after one step: `step` of `total` are done.

    `activations` are what was just reached, one a sample, nan for those that ended before.
    """

    step: int
    total: int
    activations: tuple[float, ...]
    finished: tuple[bool, ...]
    _pictures: Callable[[], NDArray[np.uint8]]
    _state: Callable[[], dict[str, Tensor]]

    def of(self, count: int) -> SynthesisProgress:
        """Return what is of the first samples only; the checkpoint stays that of all."""
        if count == len(self.finished):
            return self
        return replace(
            self,
            activations=self.activations[:count],
            finished=self.finished[:count],
            _pictures=lambda: self._pictures()[:count],
        )

    def pictures(self) -> NDArray[np.uint8]:
        """Return the present pictures, uint8 (B, H, W, 3); in the thread that makes the steps."""
        return self._pictures()

    def state(self) -> dict[str, Tensor]:
        """Return a checkpoint for `resume`: tensors on the CPU."""
        return self._state()


def stretched(x: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return x (C, H, W) with its contrast stretched around grey: 0.5 + x / (2 max |x|).

    The ancestor's "best_X" pictures; uint8 (H, W, 3). The colours are not the true ones.
    """
    x = x[:3] if len(x) > 2 else x[:1]
    peak = float(np.abs(x).max(initial=0.0)) or 1.0
    levels = np.rint(255 * (0.5 + x / (2 * peak))).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(levels.transpose(1, 2, 0), (*x.shape[1:], 3)))


def is_faint(x: NDArray[np.float32]) -> bool:
    """Tell whether a picture x differs so little from the mean colour that it looks grey."""
    return float(np.abs(x).max(initial=0.0)) < FAINT_LEVELS


def legible(picture: NDArray[np.uint8], mean: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return a picture (H, W, 3) as it is, one that is faint about the colour `mean` stretched."""
    x = picture.astype(np.float32) - np.array(mean, np.float32)
    return stretched(x.transpose(2, 0, 1)) if is_faint(x) else picture
