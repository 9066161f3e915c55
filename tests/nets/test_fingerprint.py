"""What makes a network another one: weights, code, settings; and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import types
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from deepvis_app.nets import Network, Preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (3, 12, 10)
GAIN = 1.0


def helper(x: Tensor) -> Tensor:
    return x * GAIN


class Own(nn.Module):
    """With everything that a person's own network may have."""

    def __init__(self, scale: float = 1.0, factor: float = 1.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 5)
        self.scale = scale
        self.limit = 1e9
        self.options = {"power": 1.0}
        self.plain = torch.ones(4)
        self.array = np.ones(4, np.float32)
        self.calls = 0
        self.ready = False
        self.last: Tensor | None = None
        self.register_buffer("shift", torch.zeros(4))
        self.register_buffer("mask", torch.ones(4), persistent=False)
        self.inner = lambda x: x * factor

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.ready = True
        y = helper(functional.relu(self.conv(x))) * self.scale
        y = self.inner(y).mean((2, 3)) ** self.options["power"]
        y = y * self.plain.to(y) + self.shift
        y = y * self.mask * torch.from_numpy(self.array).to(y)
        self.last = y
        if float(y.detach().max()) > self.limit:
            y = y * 0
        return self.head(y)


def made(module: nn.Module | None = None, **options: Any) -> Network:
    return Network(module or Own(), SHAPE, **options)


def write_past_torch(module: Own) -> None:
    module.conv.weight.detach().numpy()[0, 0, 0, 0] += 1e-6


def scaled(self: Own, x: Tensor) -> Tensor:
    return Own.forward(self, x) * 2


def set_forward(module: Own) -> None:
    module.forward = types.MethodType(scaled, module)  # type: ignore[method-assign]


CHANGES: dict[str, Callable[[Own], object]] = {
    "data": lambda m: m.conv.weight.data.mul_(1.000001),
    "numpy": write_past_torch,
    "swapped weights": lambda m: m.conv.weight.data.copy_(m.conv.weight.data.flip(0)),
    "buffer": lambda m: m.shift.add_(1e-6),
    "non-persistent buffer": lambda m: m.mask.data.mul_(2),
    "attribute": lambda m: setattr(m, "scale", 2.0),
    "attribute of a way not taken": lambda m: setattr(m, "limit", 5e8),
    "attribute of a part": lambda m: setattr(m.conv, "padding", (1, 1)),
    "dictionary": lambda m: m.options.update(power=1.5),
    "tensor that is no buffer": lambda m: m.plain.data.mul_(2),
    "array": lambda m: m.array.__imul__(2),
    "part with the same weights": lambda m: setattr(m, "inner", nn.Tanh()),
    "hook": lambda m: m.conv.register_forward_hook(lambda _m, _a, y: y * 2),
    "forward of its own": set_forward,
    "lambda": lambda m: setattr(m, "inner", lambda x: x * 3),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_what_is_computed_changes_the_fingerprint(what: str) -> None:
    module = Own()
    net = made(module)
    before = net.fingerprint
    CHANGES[what](module)
    assert net.fingerprint != before
    assert net.last_fingerprint == net.fingerprint


def test_what_a_function_closes_over_and_globals_count(monkeypatch: pytest.MonkeyPatch) -> None:
    base = made().fingerprint
    assert made(Own(factor=2.0)).fingerprint != base
    monkeypatch.setattr(sys.modules[__name__], "GAIN", 2.0)
    assert made().fingerprint != base


def test_an_edited_forward_counts_with_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    net = made()
    before = net.fingerprint
    old = Own.forward
    monkeypatch.setattr(Own, "forward", lambda self, x: -old(self, x))
    assert net.fingerprint != before


def test_a_way_that_the_pass_does_not_take_counts() -> None:
    class First(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x * 3 if x.max().item() > 1e6 else x)

    class Second(First):
        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x * 4 if x.max().item() > 1e6 else x)

    Second.__qualname__, Second.__name__ = First.__qualname__, First.__name__
    assert made(Second()).fingerprint != made(First()).fingerprint


def test_preprocessing_and_shape_count() -> None:
    base = made().fingerprint
    assert made(preprocessing=Preprocessing(resize=9)).fingerprint != base
    assert Network(Own(), (3, 12, 11)).fingerprint != base
    assert made(name="another", labels=list("abcde")).fingerprint == base


def test_copies_passes_modes_and_threads_do_not_count() -> None:
    net = made()
    base = net.fingerprint
    assert net.fingerprint == base
    assert net.replica("cpu").fingerprint == base
    assert made(Own().train()).fingerprint == base
    for _ in range(3):
        net.activations(torch.randn(2, *SHAPE))
    net.module.requires_grad_(False)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert net.fingerprint == base == made().fingerprint
    finally:
        torch.set_num_threads(threads)


def test_asking_leaves_mode_and_chance_as_they_were() -> None:
    net = made(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout()).train())
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    assert len(net.fingerprint) == 64
    assert torch.equal(torch.rand(3), wanted)
    assert all(module.training for module in net.module.modules())


class Random(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x + torch.randn_like(x) * np.random.default_rng().random())
        level = float(y.std())  # differs by rounding from device to device
        return y / level * torch.from_numpy(np.tanh(y.detach().cpu().numpy())).to(y)


def test_numbers_that_come_from_values_do_not_count() -> None:
    assert made(Random()).fingerprint == made(Random()).fingerprint


PROGRAM = """
    import torch, torchvision
    from torch import nn
    from deepvis_app.nets import Network, load_network

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.conv = nn.Conv2d(3, 4, 3)
            self.act = Act(lambda x: x.relu())

        def forward(self, x, kinds=("a", "b")):
            return self.act(self.conv(x)) if "a" in {"a", "b", "c"} else x

    class Act(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function
        def extra_repr(self):
            return repr(self.function)
        def forward(self, x):
            return self.function(x)

    torch.manual_seed(0)
    print(Network(Net(), (3, 8, 8)).fingerprint)
    print(Network(torchvision.models.squeezenet1_1(weights=None), (3, 64, 64)).fingerprint)
"""


@pytest.mark.slow(seconds=30)
def test_every_process_finds_the_same(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(textwrap.dedent(PROGRAM))
    found = [
        subprocess.run(
            [sys.executable, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert len(set(found[0])) == 2


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
def test_the_device_does_not_count() -> None:
    net = made()
    assert net.replica("cuda").fingerprint == net.fingerprint
