"""Alpha, noise, the loss along an update and the probe's figures, each by its own formula."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.lab import Monitor
from deepvis_app.lab.log.bins import COUNT, NOT_A_NUMBER, bins_of
from deepvis_app.lab.monitor.exponents import counts_of, raw_counts, sample
from deepvis_app.lab.monitor.noise import STEPS
from tests.lab.monitor.loops import CRITERION, at, batches, read, small, weights_of

if TYPE_CHECKING:
    from pathlib import Path


def trained(folder: Path, model: nn.Module, steps: int, rate: float = 0.3, **options: Any) -> Any:
    """Train; yield each step's gradients and weights before and after, by hand."""
    optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.5)
    seen = []
    with Monitor(model, optimizer, folder, every=1, limit=math.inf, **options) as monitor:
        for x, y in batches(steps):
            optimizer.zero_grad()
            CRITERION(model(x), y).backward()
            gradients = [p.grad.clone() for p in model.parameters()]
            before = weights_of(model)
            optimizer.step()
            seen.append((gradients, before, weights_of(model)))
            monitor.step()
    return seen


def test_alpha_is_the_slope_after_an_update_by_that_before_it(tmp_path: Path) -> None:
    seen = trained(tmp_path, small(), 5)
    expected = []
    for (gradients, before, after), (later, *_) in pairwise(seen):
        change = [b - a for a, b in zip(before, after, strict=True)]
        first, second = (
            sum(float((g * c).sum()) for g, c in zip(each, change, strict=True))
            for each in (gradients, later)
        )
        expected.append(-second / first)
    alpha = read(tmp_path).scalars["alpha"]
    assert alpha.steps.tolist() == [2, 3, 4, 5]
    assert alpha.values == pytest.approx(np.array(expected), rel=1e-6)


def test_alpha_is_nought_at_a_minimum_and_one_at_the_mirror_point(tmp_path: Path) -> None:
    for rate, expected in ((1.0, 0.0), (2.0, 1.0), (0.5, -0.5)):  # of w²/2, with slope w
        weight = nn.Parameter(torch.tensor([3.0], dtype=torch.float64))
        optimizer = torch.optim.SGD([weight], rate)
        folder = tmp_path / str(rate)
        with Monitor(nn.ParameterList([weight]), optimizer, folder, every=1) as monitor:
            for _ in range(2):
                optimizer.zero_grad()
                (weight**2 / 2).sum().backward()
                optimizer.step()
                monitor.step()
        assert read(folder).scalars["alpha"].last == pytest.approx(expected)


def test_noise_is_the_mean_gradient_by_its_spread(tmp_path: Path) -> None:
    seen = trained(tmp_path, small(), STEPS)
    flat = np.stack([
        torch.cat([g.flatten() for g in gradients[:2]]).numpy() for gradients, *_ in seen
    ])  # fmt: skip
    mean = float((flat.mean(0) ** 2).sum())
    expected = mean / (float((flat**2).sum(1).mean()) - mean)
    run = read(tmp_path)
    assert at(run, "noise", "0", STEPS) == pytest.approx(expected, rel=1e-5)
    assert math.isnan(at(run, "noise", "0", STEPS - 1))


@pytest.mark.parametrize("of", ["probe", "closure"])
def test_the_loss_along_an_update(tmp_path: Path, of: str) -> None:
    model = small()
    x, y = batches(1, size=7, seed=5)[0]
    asked: Any = {"probe": x, "probe_labels": y, "loss": CRITERION}
    if of == "closure":
        other_x, other_y = batches(1, size=4, seed=9)[0]
        asked["closure"] = lambda: CRITERION(model(other_x), other_y)
        x, y = other_x, other_y
    seen = trained(tmp_path, model, 1, **asked)
    _, before, after = seen[0]
    (line,) = read(tmp_path).lines
    assert line.step == 1
    assert line.lengths == (0, 0.5, 1, 2, 4, 8)
    expected = []
    for length in line.lengths:
        with torch.no_grad():
            for parameter, old, new in zip(model.parameters(), before, after, strict=True):
                parameter.copy_(old + length * (new - old))
            expected.append(float(CRITERION(model(x), y)))
    assert line.losses == pytest.approx(expected, rel=1e-6)


class Branched(nn.Module):
    """A layer that is called twice, functions between, a gate, an output that is a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.squash = nn.Tanh()
        self.cell = MyLSTMCell()
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor, scale: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.act(self.conv(x) - 5)
        x = self.act(x + scale)
        x = functional.relu(self.squash(3 * x)).mean((2, 3))
        return {"aside": x.long(), "logits": self.head(self.cell(x))}


class MyLSTMCell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.keep = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.keep(100 * x)


def test_activations_of_the_probe(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Branched()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    probe = {"x": torch.randn(6, 2, 5, 5), "scale": torch.full((), 0.5)}
    labels = torch.randint(0, 3, (6,))

    def loss(output: dict[str, torch.Tensor], wanted: torch.Tensor) -> torch.Tensor:
        return CRITERION(output["logits"], wanted)

    Monitor(
        model, optimizer, tmp_path, probe=probe, probe_labels=labels, loss=loss, classes=list("abc")
    ).close()
    run = read(tmp_path)
    names = ("conv", "act", "act:2", "squash", "relu after squash", "cell.keep", "head")
    assert run.activations.names == names
    assert tuple(each.name for each in run.about.probed) == names
    with torch.no_grad():
        conv = model.conv(probe["x"])
        first = (conv - 5).relu()
        tanh = torch.tanh(3 * (first + 0.5).relu())
        scores = model(**probe)["logits"]

    def row(quantity: str) -> dict[str, float]:
        return dict(zip(names, run.activations.values[quantity][0].tolist(), strict=True))

    assert row("mean")["conv"] == pytest.approx(float(conv.mean()), rel=1e-5)
    assert row("std")["conv"] == pytest.approx(float(conv.std(correction=0)), rel=1e-5)
    assert row("largest")["conv"] == pytest.approx(float(conv.abs().max()))
    assert row("dead")["act"] == pytest.approx(float((first.amax((0, 2, 3)) <= 0).float().mean()))
    assert row("dead")["act"] > 0
    assert row("dead")["act:2"] == 0
    assert math.isnan(row("dead")["conv"])
    assert row("zero")["act"] == pytest.approx(float((first == 0).float().mean()))
    assert row("saturated")["squash"] == pytest.approx(float((tanh.abs() > 0.97).float().mean()))
    assert math.isnan(row("saturated")["cell.keep"]), "gates are meant to"
    assert math.isnan(row("saturated")["head"])
    ridge = run.histograms["activations"].of("conv")[0]
    assert ridge.tolist() == np.bincount(bins_of(conv.numpy()).ravel(), minlength=COUNT).tolist()
    assert run.scalars["probe_loss"].last == pytest.approx(float(CRITERION(scores, labels)))
    accuracy = float((scores.argmax(1) == labels).float().mean())
    assert run.scalars["probe_accuracy"].last == pytest.approx(accuracy)
    assert run.arrays["probe/scores"] == pytest.approx(scores.numpy(), rel=1e-6)
    assert run.about.classes == ("a", "b", "c")


def test_a_language_model_has_its_units_last_and_its_accuracy_by_token(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(9, 6), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 9))
    with torch.no_grad():
        model[1].bias[2] = -100
    tokens, following = torch.randint(0, 9, (4, 7)), torch.randint(0, 9, (4, 7))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        return CRITERION(scores.transpose(1, 2), wanted)

    Monitor(model, optimizer, tmp_path, probe=tokens, probe_labels=following, loss=loss).close()
    run = read(tmp_path)
    assert run.activations.of("dead", "2")[0] == pytest.approx(1 / 5, abs=1e-6)
    with torch.no_grad():
        expected = float((model(tokens).argmax(-1) == following).float().mean())
    assert run.scalars["probe_accuracy"].last == pytest.approx(expected)


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_every_number_has_the_bin_of_its_float32(kind: torch.dtype) -> None:
    torch.manual_seed(0)
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -2.0, 6e-8, 1e-40, -1e-39]
    values = torch.cat([torch.randn(300) * 30, torch.tensor(special)]).to(kind)
    counts = counts_of(7, raw_counts(values)[None].numpy())
    expected = np.bincount(bins_of(values.float().numpy()), minlength=COUNT)
    assert counts.step == 7
    assert counts.dense(0).tolist() == expected.tolist()
    assert counts.dense(0)[NOT_A_NUMBER] == 1


def test_float64_beyond_float32_is_neither_infinite_nor_zero() -> None:
    values = torch.tensor([1e300, -1e300, 1e-300, 0.0, math.inf, 2.0], dtype=torch.float64)
    dense = counts_of(0, raw_counts(values, missing=3)[None].numpy()).dense(0)
    found = {place: count for place, count in enumerate(dense.tolist()) if count}
    assert found == {254: 1, 510: 1, 256: 1, 0: 4, 255: 1, 128: 1}


def test_a_sample_takes_from_every_unit_and_place() -> None:
    for shape in ((32, 64, 28, 28), (64, 4096), (7, 1024, 129)):
        values = torch.zeros(shape)
        values += torch.arange(shape[1]).reshape(1, -1, *[1] * (len(shape) - 2))
        for given in (
            values,
            values.to(memory_format=torch.channels_last) if len(shape) == 4 else values,
        ):
            chosen = sample(given, 65_536)
            assert 30_000 < len(chosen) <= 65_536
            assert len(chosen.unique()) == shape[1]
            assert float(chosen.mean()) == pytest.approx((shape[1] - 1) / 2, rel=0.02)
