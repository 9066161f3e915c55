"""How `pocket` is trained: every number of it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """What the network is shown until a share of the run is over."""

    until: float  # of the run, 0..1
    side: int  # of the views, pixels
    least_area: float  # smallest share of a picture that a view covers
    cut_mix: float = 0.0  # the share of the batches whose views are cut-mixed


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """Stochastic gradient descent, the rate warming up linearly and falling as a half cosine.

    Views are small first and full-sized later: cheaper, and the crops of the small ones show
    things at the size they have when the whole picture is looked at (Touvron et al., "Fixing the
    train-test resolution discrepancy", 2019).
    """

    epochs: int = 18
    batch: int = 128
    peak_rate: float = 0.15
    warm_up: float = 0.12  # of the run
    momentum: float = 0.9  # Nesterov's
    weight_decay: float = 5e-4  # of the weights of convolutions and logits only
    label_smoothing: float = 0.1
    phases: tuple[Phase, ...] = (
        Phase(0.78, 48, 0.50),
        Phase(0.94, 64, 0.65),
        Phase(1.0, 64, 0.85),
    )
    seed: int = 0

    def rate(self, done: float) -> float:
        """Return the learning rate when the share `done` (0..1) of the run is over."""
        if done < self.warm_up:
            return self.peak_rate * (0.05 + 0.95 * done / self.warm_up)
        fallen = (done - self.warm_up) / (1 - self.warm_up)
        return self.peak_rate * 0.5 * (1 + math.cos(math.pi * min(fallen, 1.0)))

    def phase(self, done: float) -> Phase:
        return next((phase for phase in self.phases if done < phase.until), self.phases[-1])


#: Goes on from a network that the first recipe gave: larger views at the end, which the network
#: is shown at, and cut-mixed ones before that, as it has by then learned its pictures by heart.
FURTHER = TrainingRecipe(
    epochs=18,
    peak_rate=0.1,
    warm_up=0.04,
    phases=(
        Phase(0.35, 48, 0.35, cut_mix=0.5),
        Phase(0.80, 64, 0.35, cut_mix=0.5),
        Phase(0.90, 80, 0.45, cut_mix=0.25),
        Phase(1.0, 80, 0.60),
    ),
    seed=1,
)
RECIPES = {"first": TrainingRecipe(), "further": FURTHER}
