"""What is read of a run for its pictures, against the network that learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from deepvis_app.errors import UserError
from deepvis_app.lab.kept_weights import names_in, weight_files, weights_at
from deepvis_app.lab.layer_steps import DEAD, GRADIENT, MOVED, UPDATE, layer_steps
from deepvis_app.lab.log.bins import NEGATIVE, POSITIVE
from deepvis_app.lab.log.read import read_log
from deepvis_app.lab.log.run import Ridge, Run
from deepvis_app.lab.spreads import FIRST, evenly, layer_spreads
from tests.learned import counts_of, learn

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_log(learn(tmp_path_factory.mktemp("runs") / "a", steps=24, keep=(0, 10, 24)))


def test_quantities_are_over_the_length_of_the_weights(run: Run) -> None:
    table = run.weights
    found = layer_steps(run, GRADIENT)
    assert found is not None
    assert found.names == ("1", "3")
    assert (found.values == table.values["gradient"] / table.values["weight"]).all()
    update = layer_steps(run, UPDATE)
    assert update is not None
    # Plain gradient descent at a rate of 0.5: an update is half its gradient.
    assert update.values == pytest.approx(0.5 * found.values, rel=1e-4)
    gone = layer_steps(run, MOVED)
    assert gone is not None
    assert gone.values == pytest.approx(table.values["moved"] / table.values["weight"][:1])
    assert (found.bad == 0).all()


def test_what_a_log_does_not_have_is_none(run: Run) -> None:
    assert layer_steps(run, DEAD) is None
    assert layer_steps(Run(run.path), GRADIENT) is None


def test_how_far_weights_moved_is_what_two_checkpoints_say(run: Run) -> None:
    files = weight_files(run)
    gone = layer_steps(run, MOVED)
    assert gone is not None
    then, now = ([weights_at(files[s], f"1.{p}") for p in ("weight", "bias")] for s in (0, 10))
    change = sum(((a - b) ** 2).sum() for a, b in zip(now, then, strict=True)) ** 0.5
    start = sum((a**2).sum() for a in then) ** 0.5
    at = gone.steps.tolist().index(9)  # the checkpoint of step 10 is after the update of step 9
    assert gone.values[at, 0] == pytest.approx(change / start, rel=1e-4)


def test_sizes_are_those_of_the_numbers() -> None:
    chance = np.random.default_rng(0)
    values = chance.normal(0, 0.1, 3000).astype(np.float32)
    values[:5] = 0, -0.0, 1e-42, np.inf, np.nan
    ridge = Ridge(("a", "b"), (counts_of(0, [values, values[5:]]), counts_of(9, [values[5:]] * 2)))
    (found,) = layer_spreads(ridge, 10)
    assert found.names == ("a", "b")
    assert found.steps.tolist() == [0, 9]
    assert found.zeros.tolist() == [[2, 0], [0, 0]]
    assert found.subnormals.tolist() == [[1, 0], [0, 0]]
    assert found.bad.tolist() == [[2, 0], [0, 0]]
    assert found.total.tolist() == [[3000, 2995], [2995, 2995]]
    sizes = np.abs(values[5:])
    bins = found.sizes.shape[-1]
    assert 2.0**found.first <= sizes.min() < 2 * 2.0**found.first
    assert 2.0 ** (found.first + bins - 1) <= sizes.max() < 2.0 ** (found.first + bins)
    for place in range(bins):
        low = 2.0 ** (found.first + place)
        assert found.sizes[1, 0, place] == ((sizes >= low) & (sizes < 2 * low)).sum()
    start = found.first - FIRST
    for k, name in enumerate(found.names):
        for place, row in enumerate(ridge.of(name)):
            whole = row[POSITIVE] + row[NEGATIVE]
            assert (found.sizes[place, k] == whole[start : start + bins]).all()
            assert found.sizes[place, k].sum() == whole.sum()


def test_layers_of_other_steps_are_apart_and_steps_without_one_left_out() -> None:
    empty = np.zeros(0, np.float32)
    rows = (counts_of(0, [np.ones(3, np.float32)]), counts_of(5, [empty, np.ones(2, np.float32)]))
    found = layer_spreads(Ridge(("a", "b", "c"), rows), 10)
    assert [each.names for each in found] == [("a",), ("b",)]
    assert [each.steps.tolist() for each in found] == [[0], [5]]
    assert [each.sizes.tolist() for each in found] == [[[[3]]], [[[2]]]]
    assert [each.first for each in found] == [0, 0]
    assert layer_spreads(Ridge(("a",), ()), 10) == ()
    some = (counts_of(0, [np.ones(3), 2 * np.ones(4)]), counts_of(1, [np.ones(3), empty]),
            counts_of(2, [np.ones(3), 2 * np.ones(5)]))  # fmt: skip
    one, other = layer_spreads(Ridge(("a", "b"), some), 2)
    assert (one.names, one.steps.tolist(), one.total.tolist()) == (("a",), [0, 2], [[3], [3]])
    assert (other.names, other.steps.tolist(), other.first) == (("b",), [0, 2], 1)
    assert other.sizes.tolist() == [[[4]], [[5]]]


def test_a_layer_of_nothing_but_zeros_has_no_sizes() -> None:
    rows = (counts_of(0, [np.zeros(4), np.array([1.0, 4.0])]),)
    (found,) = layer_spreads(Ridge(("a", "b"), rows), 10)
    assert found.sizes.tolist() == [[[0, 0, 0], [1, 0, 1]]]
    assert found.only("a").zeros.tolist() == [[4]]
    (alone,) = layer_spreads(Ridge(("a",), (counts_of(0, [np.zeros(4)]),)), 10)
    assert alone.sizes.tolist() == [[[0]]]


def test_some_steps_lie_evenly_with_both_ends() -> None:
    steps = np.array([0, 1, 2, 3, 100, 200, 201, 300])
    assert evenly(steps, 20).tolist() == list(range(8))
    assert steps[evenly(steps, 4)].tolist() == [0, 100, 200, 300]
    many = evenly(np.arange(1000), 11)
    assert np.abs(many - np.linspace(0, 999, 11)).max() <= 0.5


def test_weights_are_those_that_were_written(run: Run, tmp_path: Path) -> None:
    files = weight_files(run)
    assert list(files) == [0, 10, 24]
    shapes = names_in(files[0])
    assert shapes["1.weight"] == (30, 64)
    torch.manual_seed(0)
    first = torch.nn.Linear(64, 30).weight.detach().numpy()
    assert (weights_at(files[0], "1.weight") == first).all()
    path = tmp_path / "half.safetensors"
    half = torch.ones(2, 3, dtype=torch.float16)
    save_file({"w": half, "optim.w": torch.ones(2)}, path)
    assert list(names_in(path)) == ["w"]
    assert weights_at(path, "w").dtype == np.float32


def test_what_cannot_be_read_is_said(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there any more"):
        names_in(tmp_path / "gone.safetensors")
    (tmp_path / "x.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    with pytest.raises(UserError, match=r"x\.safetensors is damaged"):
        names_in(tmp_path / "x.safetensors")
    with pytest.raises(UserError, match="no weights called 7"):
        weights_at(weight_files(run)[0], "7")
    save_file({"w": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "b.safetensors")
    with pytest.raises(UserError, match=r"b.safetensors has weights of a kind|damaged"):
        weights_at(tmp_path / "b.safetensors", "w")
