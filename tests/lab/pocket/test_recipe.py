from __future__ import annotations

import math

import pytest

from deepvis_app.lab.pocket.recipe import Phase, TrainingRecipe

RECIPE = TrainingRecipe(
    peak_rate=0.4, warm_up=0.2, phases=(Phase(0.5, 48, 0.4), Phase(1.0, 64, 0.9))
)


@pytest.mark.parametrize(
    ("done", "rate"),
    [(0.0, 0.02), (0.1, 0.21), (0.2, 0.4), (0.6, 0.2), (0.4, 0.2 * (1 + math.cos(math.pi / 4)))],
)
def test_the_rate_warms_up_and_falls_as_a_half_cosine(done: float, rate: float) -> None:
    assert RECIPE.rate(done) == pytest.approx(rate)


def test_the_rate_ends_at_zero() -> None:
    assert RECIPE.rate(1.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("done", "side"), [(0.0, 48), (0.499, 48), (0.5, 64), (1.0, 64)])
def test_phases_follow_each_other(done: float, side: int) -> None:
    assert RECIPE.phase(done).side == side
