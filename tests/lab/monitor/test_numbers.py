"""What the log says is what one computes by hand: gradients as they come in, updates as made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from deepvis_app.lab import Monitor
from tests.lab.monitor.loops import (
    CRITERION,
    at,
    batches,
    change,
    length,
    read,
    small,
    weights_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXACT = pytest.approx
OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum and decay": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.3),
    "fused": lambda p: torch.optim.AdamW(p, 0.01, fused=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01),
}


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_norms_are_those_of_the_gradient_and_the_real_update(tmp_path: Path, name: str) -> None:
    model = small()
    optimizer = OPTIMIZERS[name](model.parameters())
    start = [weights_of(each) for each in model]
    expected: dict[tuple[str, str, int], float] = {}
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        for step, (x, y) in enumerate(batches(4), 1):
            optimizer.zero_grad()
            loss = CRITERION(model(x), y)
            loss.backward()
            before = [weights_of(each) for each in model]
            for layer in "024":
                part = model[int(layer)]
                expected["gradient", layer, step] = length(p.grad for p in part.parameters())
            whole = length(p.grad for p in model.parameters())
            optimizer.step()
            for layer in "024":
                part = model[int(layer)]
                expected["update", layer, step] = change(part, before[int(layer)])
                expected["moved", layer, step] = change(part, start[int(layer)])
                expected["weight", layer, step] = length(part.parameters())
            monitor.step(loss=loss)
    run = read(tmp_path)
    assert run.weights.names == ("0", "2", "4")
    for (quantity, layer, step), value in expected.items():
        assert at(run, quantity, layer, step) == close(value), (quantity, layer, step)
    assert run.scalars["gradient_norm"].last == close(whole)
    assert run.scalars["loss"].last == close(loss.item())
    assert run.state == "finished"


def test_accumulated_and_clipped_gradients_are_seen_as_the_optimiser_gets_them(
    tmp_path: Path,
) -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        for x, y in batches(3):
            optimizer.zero_grad(set_to_none=True)
            for part in range(5):
                (CRITERION(model(x[part : part + 1]), y[part : part + 1]) / 5).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.01)
            expected = length(p.grad for p in model[2].parameters())
            whole = length(p.grad for p in model.parameters())
            before = weights_of(model[2])
            optimizer.step()
            monitor.step()
    run = read(tmp_path)
    assert whole == pytest.approx(0.01, rel=1e-3)
    assert run.scalars["gradient_norm"].last == close(whole)
    assert at(run, "gradient", "2", 3) == close(expected)
    assert at(run, "update", "2", 3) == close(change(model[2], before))


@pytest.mark.parametrize("is_fused", [False, True])
def test_scaled_gradients_are_told_unscaled(tmp_path: Path, is_fused: bool) -> None:
    model = small(kind=torch.float32)
    optimizer = torch.optim.Adam(model.parameters(), 0.01, fused=is_fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12, growth_interval=1000)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf, scaler=scaler) as monitor:
        for step, (x, y) in enumerate(batches(4), 1):
            x = x.float()
            optimizer.zero_grad()
            CRITERION(model(x), y).backward()
            expected = length(p.grad for p in model[0].parameters())
            optimizer.zero_grad()
            scaler.scale(CRITERION(model(x), y)).backward()
            if step == 3:
                model[0].weight.grad[0, 0] = math.inf
            before = weights_of(model)
            scaler.step(optimizer)
            scaler.update()
            monitor.step()
            if step == 3:
                assert change(model, before) == 0
    run = read(tmp_path)
    assert at(run, "gradient", "0", 4) == pytest.approx(expected, rel=1e-5)
    assert at(run, "update", "0", 4) == pytest.approx(change(model[0], before[:2]), rel=1e-5)
    (skip,) = run.events_of("skipped")
    assert skip.step == 3
    assert skip.data["scale"] == 2.0**12
    assert not run.events_of("nonfinite"), "it is the scaler's job to skip such a step"
    assert 3 not in run.scalars["gradient_norm"].steps
    assert "step" not in vars(scaler), "the scaler has its own step back"


def test_lbfgs_tells_the_gradient_at_the_weights_before_the_step(tmp_path: Path) -> None:
    model = small()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)
    x, y = batches(1)[0]
    seen: list[float] = []

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = CRITERION(model(x), y)
        loss.backward()
        seen.append(length(p.grad for p in model.parameters()))
        return loss

    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        for step in range(1, 4):
            seen.clear()
            before = weights_of(model)
            loss = optimizer.step(closure) if step != 2 else optimizer.step(closure=closure)
            monitor.step(loss=loss)
            first, moved = seen[0], change(model, before)
            assert len(seen) > 1
    run = read(tmp_path)
    assert run.scalars["gradient_norm"].values[-1] == close(first)
    squares = sum(at(run, "update", layer, 3) ** 2 for layer in "024")
    assert squares**0.5 == close(moved)


def test_two_optimisers_have_their_own_parameters(tmp_path: Path) -> None:
    maker, judge = small(0), small(1)
    by = torch.optim.SGD(maker.parameters(), 0.1), torch.optim.Adam(judge.parameters(), 0.01)
    models = {"maker": maker, "judge": judge}
    with Monitor(models, by, tmp_path, every=1, limit=math.inf) as monitor:
        for x, y in batches(3):
            expected = {}
            for name, optimizer in zip(models, by, strict=True):
                optimizer.zero_grad()
                CRITERION(models[name](x), y).backward()
                expected[name] = length(p.grad for p in models[name][0].parameters())
                before = weights_of(models[name])
                optimizer.step()
                expected[name, "update"] = change(models[name][0], before[:2])
            monitor.step()
    run = read(tmp_path)
    assert run.weights.names == tuple(f"{m}.{n}" for m in models for n in "024")
    for name in models:
        assert at(run, "gradient", f"{name}.0", 3) == close(expected[name])
        assert at(run, "update", f"{name}.0", 3) == close(expected[name, "update"])


def test_a_second_step_of_an_optimiser_in_one_of_the_loop_is_not_mixed_in(tmp_path: Path) -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        for number, (x, y) in enumerate(batches(2)):
            before = weights_of(model)
            optimizer.zero_grad()
            CRITERION(model(x), y).backward()
            optimizer.step()
            if not number:
                expected = change(model, before)
        monitor.step()
    run = read(tmp_path)
    assert sum(at(run, "update", layer, 1) ** 2 for layer in "024") ** 0.5 == close(expected)
    assert run.scalars["gradient_norm"].values[0] == close(expected / 0.1)


def test_frozen_shared_and_sparse_parameters(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rare = nn.Embedding(20, 4, sparse=True)
            self.embed = nn.Embedding(9, 4)
            self.frozen = nn.Linear(4, 4)
            self.read = nn.Linear(4, 9, bias=False)
            self.read.weight = self.embed.weight
            self.frozen.requires_grad_(False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.read(self.frozen(self.embed(x) + self.rare(x)))

    torch.manual_seed(0)
    model = Tied().double()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    x, y = torch.tensor([1, 1, 3, 5]), torch.tensor([2, 0, 3, 8])
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        for _ in range(2):
            optimizer.zero_grad()
            CRITERION(model(x), y).backward()
            assert model.rare.weight.grad.is_sparse
            rare = length([model.rare.weight.grad.coalesce()])
            tied = length([model.embed.weight.grad])
            before = model.rare.weight.detach().clone()
            optimizer.step()
            monitor.step()
    run = read(tmp_path)
    assert run.weights.names == ("rare", "embed", "frozen")
    assert at(run, "gradient", "rare", 2) == close(rare)
    assert at(run, "update", "rare", 2) == close(length([model.rare.weight.detach() - before]))
    assert at(run, "gradient", "embed", 2) == close(tied)
    assert math.isnan(at(run, "gradient", "frozen", 2))
    assert at(run, "update", "frozen", 2) == 0
    assert at(run, "gradient_zero", "rare", 2) == pytest.approx(17 / 20)  # 3 rows of 20 were read
    shared = {each.name: each.shared for each in run.about.parameters}
    assert shared["embed.weight"] == ("read.weight",)
    assert {each.name: each.trained for each in run.about.parameters}["frozen.bias"] is False


def test_parameters_of_no_optimiser_and_those_that_come_later(tmp_path: Path) -> None:
    model = small()
    optimizer = torch.optim.SGD(model[0].parameters(), 0.1)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        for step, (x, y) in enumerate(batches(3), 1):
            if step == 2:
                scale = nn.Parameter(torch.ones((), dtype=torch.float64))
                optimizer.add_param_group({"params": [scale, *model[2].parameters()], "lr": 0.5})
            optimizer.zero_grad()
            model.zero_grad()
            (CRITERION(model(x), y) * (1 if step == 1 else scale)).backward()
            before = weights_of(model)
            optimizer.step()
            monitor.step()
    run = read(tmp_path)
    assert run.weights.names[:3] == ("0", "2", "4")
    assert math.isnan(at(run, "update", "2", 1))
    assert at(run, "update", "2", 3) == close(change(model[2], before[2:4]))
    assert at(run, "weight", "4", 3) == close(length(model[4].parameters()))
    outside = run.weights.names[3]
    assert at(run, "gradient", outside, 3) == close(abs(float(scale.grad)))
    assert run.scalars["rate/1"].values.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.complex64])
def test_other_kinds_of_numbers(tmp_path: Path, kind: torch.dtype) -> None:
    torch.manual_seed(0)
    weight = nn.Parameter((torch.randn(40, 40) * 100).to(kind))
    optimizer = torch.optim.SGD([weight], 0.5)
    model = nn.ParameterList([weight])
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        weight.grad = (torch.randn(40, 40) * 300).to(kind)
        before = weight.detach().clone()
        gradient = length([weight.grad])
        optimizer.step()
        monitor.step()
    run = read(tmp_path)
    wide = torch.complex128 if kind.is_complex else torch.float64
    expected = length([weight.detach().to(wide) - before.to(wide)])
    assert at(run, "gradient", "", 1) == pytest.approx(gradient, rel=1e-5)
    assert at(run, "update", "", 1) == pytest.approx(expected, rel=1e-5)
    assert at(run, "weight", "", 1) == pytest.approx(length([weight]), rel=1e-5)
    assert at(run, "count", "", 1) == (3200 if kind.is_complex else 1600)
    assert at(run, "gradient_bad", "", 1) == 0


def test_gradients_too_large_for_their_squares_are_no_infinities(tmp_path: Path) -> None:
    weight = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([weight], 1e-30)
    with Monitor(nn.ParameterList([weight]), optimizer, tmp_path, every=1) as monitor:
        weight.grad = torch.full((3,), 1e25)
        optimizer.step()
        monitor.step()
    run = read(tmp_path)
    assert run.scalars["gradient_norm"].last == pytest.approx(3**0.5 * 1e25, rel=1e-6)
    assert not run.events_of("nonfinite")
