"""Objectives: how they combine and print, and what they are worth on known maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, Unit
from deepvis_app.synth import (
    ChannelObjective,
    DirectionObjective,
    LayerObjective,
    LogitObjective,
    Objective,
    Recipe,
    Sample,
    Sum,
    UnitObjective,
    objective_of,
)
from deepvis_app.synth.evaluate import Plan

A, B = UnitObjective(Unit("conv", 1)), ChannelObjective("conv", 2)


def test_sums_differences_and_weights() -> None:
    assert Sum(((1.0, A), (1.0, B))) == A + B
    assert Sum(((1.0, A), (-1.0, B))) == A - B
    assert 2 * A == A * 2 == Sum(((2.0, A),))
    assert Sum(((-1.0, A), (3.0, B))) == -(A - 3 * B)
    assert A + Unit("conv", 2) == Sum(((1.0, A), (1.0, UnitObjective(Unit("conv", 2)))))
    assert len({A + B, Sum(((1.0, A), (1.0, B)))}) == 1


@pytest.mark.parametrize(
    "objective",
    [
        A,
        UnitObjective(Unit("a/b:2", 3, (4, 5))),
        B,
        LogitObjective(7),
        LayerObjective("conv"),
        DirectionObjective("conv", (0.5, -1.0, 0.25)),
        DirectionObjective("conv", (0.5, -1.0, 0.25), power=4),
        A - 0.5 * (B + LogitObjective(1)),
    ],
)
def test_json_there_and_back(objective: Objective) -> None:
    assert Objective.from_json(objective.to_json()) == objective
    assert str(objective)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kind": "tree"}', '{"kind": "unit"}'])
def test_what_is_no_objective(text: str) -> None:
    with pytest.raises(UserError, match="is no objective"):
        Objective.from_json(text)


def test_a_seed_is_not_negative() -> None:
    with pytest.raises(UserError, match="-1"):
        Sample(A, -1)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    module = nn.Sequential()
    module.add_module("conv", nn.Conv2d(1, 3, 3))
    module.add_module("relu", nn.ReLU())
    module.add_module("flatten", nn.Flatten())
    module.add_module("logits", nn.Linear(3 * 4 * 6, 5))
    return Network(module, (1, 6, 8), Preprocessing(mean=(0.5,), std=(0.25,)))


def read(
    network: Network, objective: Unit | Objective, maps: dict[str, np.ndarray], text: str = ""
) -> float:
    spec = Recipe.from_toml(text).objective
    plan = Plan(network, [Sample(objective)], spec)
    assert set(plan.layers) <= set(maps)
    return float(plan.read({k: torch.from_numpy(v)[None] for k, v in maps.items()}))


@pytest.fixture
def maps() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {"conv": rng.normal(size=(3, 4, 6)), "logits": rng.normal(size=(5, 1, 1))}


def test_what_they_are_worth(network: Network, maps: dict[str, np.ndarray]) -> None:
    conv, logits = maps["conv"], maps["logits"]
    channel = "objective = {place = 'channel'}"
    assert read(network, Unit("conv", 1), maps) == pytest.approx(conv[1, 2, 3])
    assert read(network, Unit("conv", 1, (0, 5)), maps) == pytest.approx(conv[1, 0, 5])
    assert read(network, Unit("conv", 1), maps, channel) == pytest.approx(conv[1].mean())
    assert read(network, Unit("conv", 1, (3, 0)), maps, channel) == pytest.approx(conv[1, 3, 0])
    assert read(network, ChannelObjective("conv", 2), maps) == pytest.approx(conv[2].mean())
    assert read(network, LogitObjective(4), maps) == pytest.approx(logits[4, 0, 0])
    assert read(network, LayerObjective("conv"), maps) == pytest.approx((conv**2).mean())
    vector = np.array([1.0, -2.0, 2.0])
    direction = DirectionObjective("conv", tuple(vector))
    at_centre = vector @ conv[:, 2, 3] / 3
    assert read(network, direction, maps) == pytest.approx(at_centre)
    over_map = vector @ conv.mean((1, 2)) / 3
    assert read(network, direction, maps, channel) == pytest.approx(over_map)
    total = 2 * UnitObjective(Unit("conv", 1)) - LogitObjective(0) + direction
    wanted = 2 * conv[1, 2, 3] - logits[0, 0, 0] + at_centre
    assert read(network, total, maps) == pytest.approx(wanted)


@pytest.mark.parametrize("place", ["centre", "channel"])
def test_a_direction_with_a_power_of_the_cosine_by_hand(
    network: Network, maps: dict[str, np.ndarray], place: str
) -> None:
    conv = maps["conv"]
    code = conv[:, 2, 3] if place == "centre" else conv.mean((1, 2))
    across = np.cross(code, (1.0, 0.0, 0.0))
    for vector in (code + 0.5 * across, across + 0.01 * code, -code):
        dot = vector @ code / np.linalg.norm(vector)
        cosine = dot / np.linalg.norm(code)
        wanted = dot * max(0.1, cosine) ** 4
        text = f"objective = {{place = '{place}'}}"
        found = read(network, DirectionObjective("conv", tuple(vector), 4), maps, text)
        assert found == pytest.approx(wanted)
        plain = read(network, DirectionObjective("conv", tuple(vector)), maps, text)
        assert plain == pytest.approx(dot)


def test_directions_of_several_powers_in_a_batch_and_their_gradients(network: Network) -> None:
    conv = torch.randn(3, 3, 4, 6, dtype=torch.float64, requires_grad=True)
    vector = (1.0, 2.0, -1.0)
    samples = [Sample(DirectionObjective("conv", vector, power)) for power in (0, 1, 2.5)]
    plan = Plan(network, samples, Recipe().objective)
    found = plan.read({"conv": conv})
    alone = [Plan(network, [one], Recipe().objective) for one in samples]
    for number, one in enumerate(alone):
        own = one.read({"conv": conv[number : number + 1]})
        assert own.item() == found[number].item()
    assert torch.autograd.gradcheck(lambda maps: plan.read({"conv": maps}), conv)


def test_a_silent_map_has_no_cosine_and_no_nan(network: Network) -> None:
    conv = torch.zeros(1, 3, 4, 6, requires_grad=True)
    plan = Plan(network, [Sample(DirectionObjective("conv", (1, 0, 0), 4))], Recipe().objective)
    plan.read({"conv": conv}).sum().backward()
    assert conv.grad is not None
    assert torch.isfinite(conv.grad).all()
    assert conv.grad[0, 0, 2, 3] > 0  # there is a way up


@pytest.mark.parametrize("power", [-1, 21, float("nan")])
def test_powers_of_a_cosine_that_cannot_be(power: float) -> None:
    with pytest.raises(UserError, match="is no power of a cosine"):
        DirectionObjective("conv", (1.0,), power)


def test_probabilities(network: Network, maps: dict[str, np.ndarray]) -> None:
    text = "objective = {quantity = 'probability'}"
    e = np.exp(maps["logits"].ravel())
    assert read(network, LogitObjective(2), maps, text) == pytest.approx(e[2] / e.sum())
    e = np.exp(maps["conv"][:, 2, 3])
    assert read(network, Unit("conv", 0), maps, text) == pytest.approx(e[0] / e.sum())
    with pytest.raises(UserError, match="no probability"):
        read(network, LayerObjective("conv"), maps, text)


def test_a_batch_of_different_things(network: Network) -> None:
    rng = np.random.default_rng(2)
    conv, logits = rng.normal(size=(4, 3, 4, 6)), rng.normal(size=(4, 5, 1, 1))
    samples = [
        Sample(Unit("conv", 2, (1, 1))),
        Sample(LogitObjective(3)),
        Sample(ChannelObjective("conv", 0)),
        Sample(Sum(((0.5, LogitObjective(0)), (2.0, LayerObjective("conv"))))),
    ]
    plan = Plan(network, samples, Recipe().objective)
    found = plan.read({"conv": torch.from_numpy(conv), "logits": torch.from_numpy(logits)})
    wanted = [
        conv[0, 2, 1, 1],
        logits[1, 3, 0, 0],
        conv[2, 0].mean(),
        0.5 * logits[3, 0, 0, 0] + 2 * (conv[3] ** 2).mean(),
    ]
    np.testing.assert_allclose(found, wanted)


def test_views_are_averaged(network: Network) -> None:
    conv = np.random.default_rng(3).normal(size=(6, 3, 4, 6))
    samples = [Sample(Unit("conv", 1)), Sample(ChannelObjective("conv", 2))]
    plan = Plan(network, samples, Recipe().objective)
    found = plan.read({"conv": torch.from_numpy(conv)})
    np.testing.assert_allclose(found, [conv[:3, 1, 2, 3].mean(), conv[3:, 2].mean()])


def test_positions_move_with_the_size_of_the_maps(network: Network) -> None:
    conv = np.random.default_rng(4).normal(size=(1, 3, 8, 3))  # the network's own are 4 x 6
    for position, at in (((3, 5), (6, 2)), ((1, 2), (2, 1)), ((0, 0), (0, 0))):
        plan = Plan(network, [Sample(Unit("conv", 0, position))], Recipe().objective)
        found = plan.read({"conv": torch.from_numpy(conv)})
        assert float(found) == pytest.approx(conv[0, 0, *at])


def test_which_units_are_their_layers_maximum(network: Network) -> None:
    conv = np.zeros((4, 3, 4, 6))
    conv[:, 1, 2, 3] = 5
    conv[1, 0, 0, 0] = 6  # elsewhere and larger
    conv[2, 2] = 0.5  # a larger mean
    conv[3, 0] = -9
    samples = [Sample(Unit("conv", 1)) for _ in range(4)]
    maps = {"conv": torch.from_numpy(conv)}
    at_centre = Plan(network, samples, Recipe().objective).tops(maps, 1.0)
    assert at_centre.tolist() == [True, False, True, True]
    spec = Recipe().with_value("objective.place", "channel").objective
    assert Plan(network, samples, spec).tops(maps, 1.0).tolist() == [True, False, False, True]
    lowest = [Sample(Unit("conv", 0)) for _ in range(4)]
    assert Plan(network, lowest, spec).tops(maps, -1.0).tolist()[3] is True
    sums = [Sample(A + B) for _ in range(4)]
    assert not Plan(network, sums, spec).tops(maps, 1.0).any()


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (Unit("conv", 3), ["no unit 3", "0 to 2"]),
        (Unit("conv", -1), ["no unit -1"]),
        (Unit("conv", 0, (4, 0)), ["(4, 0)", "(3, 5)"]),
        (Unit("cnov", 0), ["'cnov'", "conv"]),
        (ChannelObjective("conv", 9), ["no unit 9"]),
        (LogitObjective(5), ["no unit 5", "0 to 4"]),
        (LayerObjective("lots"), ["'lots'"]),
        (DirectionObjective("conv", (1.0, 2.0)), ["2 numbers", "Give 3"]),
        (DirectionObjective("conv", (0.0, 0.0, 0.0)), ["not all zero"]),
        (Sum(()), ["without terms"]),
    ],
)
def test_what_a_network_does_not_have(
    network: Network, objective: Unit | Objective, words: list[str]
) -> None:
    with pytest.raises(UserError) as error:
        Plan(network, [Sample(objective)], Recipe().objective)
    assert all(word in str(error.value) for word in words)


def test_a_unit_is_an_objective() -> None:
    assert objective_of(Unit("conv", 1)) == A
    assert objective_of(B) is B
