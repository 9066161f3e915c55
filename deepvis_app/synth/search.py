"""Random search over recipes, as Yosinski et al. (2015) found theirs among 300 combinations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError
from deepvis_app.synth.scores import NATURAL_SLOPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.synth.recipe import Recipe
    from deepvis_app.synth.scores import Scores

    Draw = Callable[[np.random.Generator], float]

_TRIES = 50  # a combination that a recipe refuses is drawn anew


def _between(low: float, high: float) -> Draw:
    return lambda chance: float(chance.uniform(low, high))


def _over_decades(low: float, high: float) -> Draw:
    return lambda chance: float(np.exp(chance.uniform(math.log(low), math.log(high))))


# Each is on in every second recipe, and then drawn from its range.
_OPTIONAL: dict[str, Draw] = {
    "regularise.decay": _over_decades(1e-4, 0.3),
    "regularise.blur_radius": _between(0.3, 1.5),
    "regularise.small_norm_percentile": _between(5, 95),
    "regularise.contribution_abs_percentile": _between(5, 95),
    "regularise.total_variation": _over_decades(1e-3, 0.3),
    "transforms.jitter_px": _between(2, 32),
    "transforms.scale": _between(0.02, 0.25),
    "transforms.rotate_deg": _between(2, 20),
}
_PIXELS_ONLY = {"regularise.small_norm_percentile", "regularise.contribution_abs_percentile"}


def random_recipes(base: Recipe, count: int, seed: int = 0) -> tuple[Recipe, ...]:
    """Return `count` recipes around a base: other regularisers, transforms and rates.

    Every second regulariser and transform is on, with a value of its whole useful range; the rate
    is within a factor of four of the base's. The same seed gives the same recipes, and the first
    of many are those of few. The base's parameterisation, objective and length stay.
    """
    return tuple(
        _random_recipe(base, np.random.default_rng((seed, number)), number)
        for number in range(count)
    )


def _random_recipe(base: Recipe, chance: np.random.Generator, number: int) -> Recipe:
    for _ in range(_TRIES):
        try:
            return _drawn(base, chance).with_value("name", f"{base.name} {number + 1}")
        except UserError:  # these settings contradict each other
            continue
    raise UserError(
        f"No variation of {base.name} was found whose settings go together",
        "Search around another recipe",
    )


def _drawn(base: Recipe, chance: np.random.Generator) -> Recipe:
    of_pixels = base.image.parameterisation.value == "pixel"
    values = {
        path: draw(chance)
        if chance.random() < 0.5 and (of_pixels or path not in _PIXELS_ONLY)
        else 0
        for path, draw in _OPTIONAL.items()
    }
    values["regularise.blur_every"] = int(chance.choice([1, 2, 4, 8]))
    rate = "max_rate" if base.step.policy.value.startswith("progress") else "rate"
    usual = getattr(base.step, rate)
    values[f"step.{rate}"] = min(_over_decades(usual / 4, usual * 4)(chance), 1e4)
    recipe = base
    for path, value in values.items():
        recipe = recipe.with_value(path, _short(value))
    return recipe


def _short(value: float) -> float:
    """Three figures are enough, and read better."""
    return value if isinstance(value, int) else float(f"{value:.3g}")


@dataclass(frozen=True, slots=True)
class Trial:
    """A recipe and what its pictures scored, one a unit."""

    recipe: Recipe
    scores: tuple[Scores, ...]

    @property
    def merit(self) -> float:
        """One number to sort by: the median over units of `merit`."""
        return float(np.median([merit(each) for each in self.scores]))


def merit(scores: Scores) -> float:
    """Return the height that stays under changes, less for units it does not single out.

    Height times share kept, over the root of the rank and over 1 plus the distance of the
    spectrum's slope from that of photographs. Heights count by their square root: twice the
    activation is no twice better picture.
    """
    height = scores.activation if scores.excess is None else scores.excess
    distance = abs(scores.slope - NATURAL_SLOPE)
    useful = math.sqrt(max(height, 0.0)) * max(scores.kept, 0.0)
    return useful / (math.sqrt(scores.rank) * (1 + distance))
