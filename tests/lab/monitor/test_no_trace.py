"""A monitored training is, to the last bit, the one without a monitor."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.lab import Monitor
from deepvis_app.lab.untouched import untouched
from tests.lab.monitor.loops import CRITERION, read, same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Counting(nn.Module):
    """All that a forward pass may leave behind: counts, buffers, caches, drawn numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(16, 8)
        self.head = nn.Linear(8, 4)
        self.register_buffer("mean", torch.zeros(8))
        self.register_buffer("last", None)
        self.calls = 0
        self.seen: list[int] = []
        self.cache: dict[str, Any] = {}
        self.plain = torch.zeros(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x.flatten(1))
        self.calls += 1
        self.seen.append(len(x))
        self.cache[f"of {self.calls}"] = x.detach()
        self.plain.add_(1)
        self.plain.data.mul_(0.5)
        self.mean.lerp_(x.detach().mean(0), 0.1)
        self.last = x.detach()
        if random.random() + float(np.random.rand()) > 1:  # noqa: NPY002
            x = x + torch.randn_like(x)
        return self.head(functional.relu(x + self.mean))


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(16, 8)
        self.gates = nn.LSTM(8, 8, batch_first=True, num_layers=2, dropout=0.3)
        self.read = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        codes = (x.flatten(1) * 4).long() % 16
        return self.read(self.gates(self.embed(codes))[0][:, -1])


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.Dropout2d(0.3),
        nn.Flatten(),
        nn.Linear(24, 4),
    )


def attentive() -> nn.Module:
    block = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.2, batch_first=True)
    return nn.Sequential(nn.Flatten(2), nn.Linear(16, 4), block, nn.Flatten(), nn.Linear(4, 4))


def normed() -> nn.Module:
    first = nn.utils.parametrizations.spectral_norm(nn.Linear(16, 8))
    second = nn.utils.parametrizations.weight_norm(nn.Linear(8, 4))
    return nn.Sequential(nn.Flatten(), first, nn.RReLU(), nn.AlphaDropout(0.2), second)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "convolutional": convolutional,
    "counting": Counting,
    "recurrent": Words,
    "attentive": attentive,
    "normed": normed,
}
OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, amsgrad=True),
    "fused": lambda p: torch.optim.Adam(p, 0.01, fused=True),
    "lbfgs": lambda p: torch.optim.LBFGS(p, 0.1, max_iter=3),
}


def trained(
    network: str, by: str, watch: Callable[..., Monitor] | None, steps: int = 12
) -> dict[str, Any]:
    """Train; return all that there is afterwards, random numbers to come among it."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    model = NETWORKS[network]()
    optimizer = OPTIMIZERS[by](model.parameters())
    x, y = torch.randn(24, 1, 4, 4), torch.randint(0, 4, (24,))
    kept: list[Any] = []
    monitor = None if watch is None else watch(model, optimizer, probe=x[:7], probe_labels=y[:7])
    losses = []
    for step in range(steps):
        model.train(step != 6)

        def closure(rows: slice = slice(step, step + 8)) -> torch.Tensor:
            optimizer.zero_grad()
            loss = CRITERION(model(x[rows]), y[rows])
            loss.backward()
            return loss

        if by == "lbfgs":
            loss = optimizer.step(closure)
        else:
            loss = closure()
            optimizer.step()
        losses.append(loss.detach())
        kept.append([p.grad is not None for p in model.parameters()])
        if monitor is not None:
            monitor.step(loss=loss)
    if monitor is not None:
        monitor.close()
    own = {
        f"{name}.{key}": value
        for name, module in model.named_modules()
        for key, value in vars(module).items()
        if key in {"calls", "seen", "cache", "plain", "training", "last"}
    }
    return {
        **model.state_dict(),
        **own,
        "losses": losses,
        "kept": kept,
        "state": optimizer.state_dict()["state"],
        "gradients": [p.grad for p in model.parameters()],
        "drawn": (torch.rand(4), random.random(), np.random.rand()),  # noqa: NPY002
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()],
    }


@pytest.mark.parametrize("by", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_network_is_the_same_with_and_without(tmp_path: Path, network: str, by: str) -> None:
    def watch(*args: Any, **options: Any) -> Monitor:
        return Monitor(*args, tmp_path, **options, loss=CRITERION, every=1, limit=math.inf)

    bare, watched = trained(network, by, None), trained(network, by, watch)
    differ = [key for key in bare if not same(bare[key], watched[key])]
    assert bare.keys() == watched.keys()
    assert not differ
    run = read(tmp_path)
    assert len(run.activations.steps) == 13, "it was looked at, before and after every step"
    assert len(run.lines) == 2
    assert run.events_of("switch")


def test_all_is_put_back_after_an_error_too() -> None:
    torch.manual_seed(3)
    model = Counting().train()
    model.head.eval()
    model.body.weight.grad = torch.ones(8, 16)
    gradient = model.body.weight.grad
    before, drawn = {k: v.clone() for k, v in model.state_dict().items()}, torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), untouched([model]):  # noqa: PT012
        model.eval()
        model(torch.ones(2, 16))
        model.body.weight.grad = None
        model.body.requires_grad_(False)
        model.added = 1
        del model.cache
        model.register_buffer("more", torch.ones(1))
        model.register_forward_hook(lambda *_: None)
        raise ZeroDivisionError
    assert same(before, dict(model.state_dict()))
    assert torch.equal(drawn, torch.get_rng_state())
    assert (model.training, model.body.training, model.head.training) == (True, True, False)
    assert model.body.weight.grad is gradient
    assert model.body.weight.requires_grad
    assert (model.calls, model.seen, model.cache, model.last) == (0, [], {}, None)
    assert not hasattr(model, "added")
    assert not hasattr(model, "more")
    assert not model._forward_hooks


def test_autocast_and_gradient_mode_of_the_loop_stay(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    x, y = torch.randn(9, 16), torch.randint(0, 4, (9,))
    options: Any = {"probe": x, "probe_labels": y, "loss": CRITERION}
    kinds = []
    model[0].register_forward_hook(lambda _m, _i, found: kinds.append(found.dtype))
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf, **options) as monitor:
        for _ in range(2):
            with torch.autocast("cpu", torch.bfloat16):
                optimizer.zero_grad()
                kinds.clear()
                loss = CRITERION(model(x), y)
                assert kinds == [torch.bfloat16]
                loss.backward()
                optimizer.step()
                monitor.step(loss=loss)
                assert torch.is_autocast_enabled("cpu")
                assert torch.is_grad_enabled()
            with torch.no_grad():
                monitor.log(more=1.0)
                assert not torch.is_grad_enabled()
    assert torch.float32 in kinds, "the probe is measured in full precision"
    assert len(model[0]._forward_hooks) == 1, "somebody's own hook stays"
    read(tmp_path)
