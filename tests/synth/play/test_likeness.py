"""Styles as numbers: against NumPy, SciPy and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from deepvis_app.synth import PICTURE
from deepvis_app.synth.play.likeness import GramObjective, SpreadObjective, square_root

SHAPES = [(5, 4, 7), (9, 2, 3)]  # more places than units, and fewer


def maps(shape: tuple[int, int, int], seed: int) -> torch.Tensor:
    values = np.random.default_rng(seed).normal(0.5, 2, (1, *shape))
    return torch.from_numpy(values)


@pytest.mark.parametrize("shape", SHAPES)
def test_gram_matrices_are_mean_products(shape: tuple[int, int, int]) -> None:
    own, wanted = maps(shape, 0), maps(shape, 1)
    grams = []
    for each in (own[0].numpy(), wanted[0].numpy()):
        _, rows, columns = each.shape
        places = [each[:, i, j] for i in range(rows) for j in range(columns)]
        grams.append(np.mean([np.outer(place, place) for place in places], 0))
    expected = ((grams[0] - grams[1]) ** 2).sum() / (grams[1] ** 2).sum()
    found = GramObjective.of("a", wanted).read({"a": own})
    assert float(found) == pytest.approx(-expected, rel=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_spread_is_the_distance_of_normal_distributions(shape: tuple[int, int, int]) -> None:
    own, wanted = maps(shape, 0), maps(shape, 1)
    flat, other = (each[0].reshape(shape[0], -1).numpy() for each in (own, wanted))
    (mean, spread), (mean2, spread2) = ((f.mean(1), np.cov(f, bias=True)) for f in (flat, other))
    root = sqrtm(spread2).real
    distance = ((mean - mean2) ** 2).sum() + np.trace(spread + spread2)
    distance -= 2 * np.trace(sqrtm(root @ spread @ root).real)
    expected = distance / (other**2).mean(1).sum()
    found = SpreadObjective.of("a", wanted).read({"a": own})
    # What has no spread at all is rounding in SciPy's roots: some 1e-8 each.
    assert float(found) == pytest.approx(-expected, rel=1e-5)


def test_a_layer_of_zeros_is_at_distance_one() -> None:
    wanted = maps((4, 5, 5), 2)
    for objective in (GramObjective, SpreadObjective):
        found = objective.of("a", wanted).read({"a": torch.zeros_like(wanted)})
        assert float(found) == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize("objective", [GramObjective, SpreadObjective])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_are_those_of_finite_differences(objective, shape) -> None:
    goal = objective.of("a", maps(shape, 1))
    own = maps(shape, 0).requires_grad_()
    assert torch.autograd.gradcheck(lambda values: goal.read({"a": values}), own, rtol=1e-4)


@pytest.mark.parametrize("objective", [GramObjective, SpreadObjective])
def test_places_do_not_count_and_the_same_is_at_no_distance(objective) -> None:
    wanted = maps((4, 6, 6), 3).float()
    shuffled = wanted.flatten(2)[:, :, torch.randperm(36)].view_as(wanted).requires_grad_()
    found = objective.of("a", wanted).read({"a": shuffled})
    assert float(found.detach()) == pytest.approx(0, abs=1e-5)
    (gradient,) = torch.autograd.grad(found, shuffled)
    assert torch.isfinite(gradient).all()


def test_maps_without_any_spread_have_finite_gradients() -> None:
    flat = torch.ones(1, 3, 4, 4, requires_grad=True)
    goal = SpreadObjective.of("a", maps((3, 4, 4), 0).float())
    (gradient,) = torch.autograd.grad(goal.read({"a": flat}), flat)
    assert torch.isfinite(gradient).all()
    assert gradient.any()


def test_colours_are_a_layer_too() -> None:
    goal = SpreadObjective.of(PICTURE, maps((3, 4, 4), 0))
    assert tuple(goal.layers(None)) == ()  # type: ignore[arg-type]


def test_roots_are_scipys() -> None:
    values = np.random.default_rng(0).normal(size=(6, 9))
    matrix = values @ values.T
    np.testing.assert_allclose(square_root(torch.from_numpy(matrix)), sqrtm(matrix), atol=1e-9)
