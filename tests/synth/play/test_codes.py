"""Objectives of codes and pictures beside their formulas in NumPy and finite differences."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from deepvis_app.errors import UserError
from deepvis_app.synth import PICTURE, Held
from deepvis_app.synth.evaluate import Plan
from deepvis_app.synth.objectives import Sample
from deepvis_app.synth.play.codes import CodeObjective, Exaggeration
from deepvis_app.synth.play.priors import Departure, Energy, Extremes, Roughness
from deepvis_app.synth.play.units import chosen_units
from deepvis_app.synth.recipe import ObjectiveSpec
from deepvis_app.synth.space import PictureSpace
from tests.synth.play.toys import chain

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(0, 60, (1, 3, 5, 7))
CODE, FOUND = RANDOM.normal(1, 2, (1, 4, 3, 2)), RANDOM.normal(1, 2, (1, 4, 3, 2))


def variation(x: np.ndarray, beta: float, smooth: float) -> float:
    """Return the total variation pixel by pixel."""
    values = []
    for plane in x / 128:
        for i in range(plane.shape[0]):
            for j in range(plane.shape[1]):
                down = plane[i + 1, j] - plane[i, j] if i + 1 < plane.shape[0] else 0
                right = plane[i, j + 1] - plane[i, j] if j + 1 < plane.shape[1] else 0
                values.append((down**2 + right**2 + smooth) ** (beta / 2))
    return float(np.mean(values))


@pytest.mark.parametrize(("beta", "smooth"), [(2.0, 0.0), (1.0, 1 / 128**2), (3.0, 1 / 128**2)])
def test_roughness_is_the_papers_total_variation(beta: float, smooth: float) -> None:
    found = Roughness(beta).read({PICTURE: torch.from_numpy(X)})
    assert float(found) == pytest.approx(variation(X[0], beta, smooth), rel=1e-12)


def test_what_pictures_cost_by_themselves() -> None:
    seen, centre = {PICTURE: torch.from_numpy(X)}, RANDOM.normal(0, 60, X.shape)
    assert float(Extremes().read(seen)) == pytest.approx(np.mean((X / 128) ** 6))
    assert float(Energy(50.0).read(seen)) == pytest.approx(np.sum((X / 50) ** 2))
    departure = Departure(Held.of(torch.from_numpy(centre)))
    assert float(departure.read(seen)) == pytest.approx(np.mean(((X - centre) / 128) ** 2))


@pytest.mark.parametrize("units", [(), (0, 3)])
def test_codes_are_compared_by_hand(units: tuple[int, ...]) -> None:
    chosen = list(units) or list(range(4))
    wanted, found = CODE[:, chosen], FOUND[:, chosen]
    seen, code = {"layer": torch.from_numpy(FOUND)}, Held.of(torch.from_numpy(wanted))
    error = np.sum((found - wanted) ** 2) / np.sum(wanted**2)
    assert float(CodeObjective("layer", code, units).read(seen)) == pytest.approx(-error)
    share = np.sum(found * wanted) / np.sum(wanted**2)
    assert float(Exaggeration("layer", code, units).read(seen)) == pytest.approx(share)
    cosine = np.sum(found * wanted) / np.linalg.norm(found) / np.linalg.norm(wanted)
    assert cosine > 0.1
    squared = Exaggeration("layer", code, units, 2.0).read(seen)
    assert float(squared) == pytest.approx(share * cosine**2)


def test_gradients_are_those_of_finite_differences() -> None:
    net = chain()
    space = PictureSpace(net)
    random = np.random.default_rng(1)
    shape = (1, *net.input_shape)
    x = torch.from_numpy(random.normal(0, 60, shape))
    other = torch.from_numpy(random.normal(0, 60, shape))
    code = net.activations(space.to_input(other), ["4"])["4"]
    goals = {
        "code": CodeObjective("4", Held.of(code)),
        "some units": CodeObjective("4", Held.of(code[:, [1, 5]]), (1, 5)),
        "product": Exaggeration("4", Held.of(code)),
        "product and cosine": Exaggeration("4", Held.of(code), (), 2.0),
        "roughness": Roughness(),
        "roughness of edges": Roughness(1.0),
        "extremes": Extremes(),
        "departure": Departure(Held.of(other)),
        "energy": Energy(57.0),
    }
    for name, goal in goals.items():
        plan = Plan(net, [Sample(goal)], ObjectiveSpec())

        def worth(x: torch.Tensor, plan: Plan = plan) -> torch.Tensor:
            passed = net.forward(space.to_input(x), ["4"], stop_early=True)
            return plan.read({PICTURE: x, **passed.activations})[0]

        asked = x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(worth(asked), [asked])
        for _ in range(3):
            way = torch.from_numpy(random.normal(0, 1, shape))
            with torch.no_grad():
                slope = (worth(x + 1e-5 * way) - worth(x - 1e-5 * way)) / 2e-5
            found = float((gradient * way).sum())
            assert found == pytest.approx(float(slope), rel=1e-5), name
            assert found != 0, name


def test_objectives_say_what_they_hold_and_of_which_content() -> None:
    code = Held.of(torch.from_numpy(CODE))
    one, same = CodeObjective("a", code, (1,)), CodeObjective("a", Held.of(code.values), (1,))
    assert one == same
    assert one.digest == same.digest
    assert one.digest != CodeObjective("a", code, (2,)).digest
    assert json.loads(one.to_json())["code"] == code.digest


@pytest.mark.parametrize(
    ("text", "units"),
    [("all", ()), ("", ()), ("0-3, 7", (0, 1, 2, 3, 7)), ("7,1..2,2", (1, 2, 7)), (" 5 ", (5,))],
)
def test_units_are_read(text: str, units: tuple[int, ...]) -> None:
    assert chosen_units(text, chain().layer("4")) == units


@pytest.mark.parametrize("text", ["8", "5-9", "3-1", "x", "1,,2", "-1", "²", "0-99999999999"])
def test_units_that_are_not_there_are_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"units|Units"):
        chosen_units(text, chain().layer("4"))
